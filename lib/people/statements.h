#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "catalog/catalog.h"

namespace facenet {

/// What a user says about people. Each statement becomes a fact (people/facts.h), takes effect at
/// once and binds every later clustering. All throw Error, and then change nothing: no such person
/// or face, or a statement that would leave a named person without a face.

/// What came of a statement.
struct Statement {
  std::int64_t fact = 0;  ///< its number; 0: it said nothing new
  PersonId person = 0;    ///< whom it is about; of a split the new person
  std::int64_t moved_faces = 0;
  /// Earlier facts that it contradicts (it counts, they do not), and faces of one photo that it
  /// puts together: one line each.
  std::vector<std::string> warnings{};
};

/// The person of this number (of any, there need be none) or name, written exactly so or else with
/// capitals elsewhere (fold_name()). Nothing when nobody has the name. Throws Error when several
/// have it but for capitals.
std::optional<PersonId> find_named(const Catalog& catalog, const std::string& word);

/// The same. Throws Error when there is none, and offers the name that may have been meant.
PersonId resolve_person(const Catalog& catalog, const std::string& word);

/// The people of a list "Anna,7", each once. A name may hold commas itself. Throws like
/// resolve_person().
std::vector<PersonId> resolve_people(const Catalog& catalog, const std::string& list);

/// The name of a person that differs from this one by a slip of the finger, if there is one.
std::optional<std::string> name_meant(const Catalog& catalog, const std::string& word);

/// Gives (or, when `name` is empty, takes away) a name, in the form of tidy_name(). The person's
/// faces of this moment stay together, and apart from people of other names. Throws Error for a
/// name that another person has, or one that is blank, not UTF-8, a number, or has line breaks or
/// unseen characters; and, unless it is to be taken `as_given`, for one that another person has but
/// for capitals (fold_name() in base/name_form.h).
Statement name_person(Catalog& catalog, PersonId person, const std::string& name,
                      bool as_given = false);

/// These faces, of whomever they are now, are a person whom there was not yet, with this name.
/// Throws as name_person() and move_faces() do.
Statement name_faces(Catalog& catalog, std::span<const FaceId> faces, const std::string& name,
                     bool as_given = false);

/// `absorbed` is the same person as `kept`, whose number, name and visibility stay.
Statement merge_people(Catalog& catalog, PersonId kept, PersonId absorbed);

/// These faces of `person` are one other person.
Statement split_person(Catalog& catalog, PersonId person, std::span<const FaceId> faces);

/// These faces, of whomever they are now, are `person`.
Statement move_faces(Catalog& catalog, std::span<const FaceId> faces, PersonId person);

/// These faces, all of one person now, are not that person. Each is a person of its own until the
/// next clustering, which never puts it back.
Statement reject_faces(Catalog& catalog, std::span<const FaceId> faces);

/// The two are different people, and stay so. Says nothing when that was said already.
Statement tell_apart(Catalog& catalog, PersonId person, PersonId other);

/// A hidden person is left out of lists, and stays hidden when it grows.
Statement hide_person(Catalog& catalog, PersonId person, bool hidden);

/// In this photo (a collage, a mirror, a photo of photos) one person may have several faces.
Statement allow_same_photo(Catalog& catalog, PhotoId photo);

/// Withdraws a fact: by default the last one that is not withdrawn and is no withdrawal; of a
/// withdrawal, brings the fact back. With the first fact of a step (Catalog::Step), which is also
/// the default where the last one is of a step, goes all of it. Faces that were marked by hand go
/// when no fact says whose they are any more. The partition, people's numbers, names and visibility
/// are then what they would be had it not been said: exactly those of before when it was the last
/// thing that happened. What happened since stays: faces that a later fact pointed at, or a
/// clustering has moved on, remain where they are; those that still are where the fact had put them
/// go back, or, where they may not be any more (another face of their photo came there since),
/// become people of their own until the next clustering. Throws Error when there is nothing to
/// undo, when it is undone already, and when a later fact builds on it so that a name would be
/// lost.
Statement undo_fact(Catalog& catalog, std::optional<std::int64_t> fact);

}  // namespace facenet
