#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "catalog/forgotten.h"
#include "catalog/records.h"

namespace facenet {

/// The SQLite file that remembers photos, faces, vectors and people.
///
/// Every failure is an Error with one line that names the file, what is wrong and what to do: a
/// folder, not a catalog, made by a newer facenet, read-only, disk full, damaged, in use. What was
/// committed before stays. One object is for one thread; other processes may read meanwhile, and a
/// second writer waits some seconds before it gives up.
class Catalog {
 public:
  enum class Mode {
    kRead,    ///< must exist; nothing is written
    kWrite,   ///< must exist; older schemas are migrated
    kCreate,  ///< as kWrite, made (with its folder, mode 0600) when missing
  };
  Catalog(const std::string& path, Mode mode);
  ~Catalog();
  Catalog(const Catalog&) = delete;
  Catalog& operator=(const Catalog&) = delete;

  /// All changes since construction become durable at commit(), or are undone by destruction.
  /// synchronous=FULL: after commit() they survive a power cut. Transactions nest: an inner one is
  /// undone alone, and becomes durable with the outermost.
  class Transaction {
   public:
    explicit Transaction(Catalog& catalog);
    ~Transaction();
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    void commit();

   private:
    Catalog& catalog_;
    bool open_ = true;
  };

  /// What is read while this lives is one state, even when another process writes meanwhile.
  class Snapshot {
   public:
    explicit Snapshot(const Catalog& catalog);
    ~Snapshot();
    Snapshot(const Snapshot&) = delete;
    Snapshot& operator=(const Snapshot&) = delete;

   private:
    const Catalog& catalog_;
  };

  /// Facts that are added while this lives are said in one step, which the fact given here begins.
  /// Steps do not nest.
  class Step {
   public:
    Step(Catalog& catalog, const FactRecord& first);
    ~Step();
    Step(const Step&) = delete;
    Step& operator=(const Step&) = delete;
    std::int64_t first() const { return first_; }

   private:
    Catalog& catalog_;
    std::int64_t first_;
  };

  const std::string& path() const;  ///< absolute

  /// Another number whenever somebody else, such as another process, has written to the file; what
  /// this object writes does not count.
  std::int64_t data_version() const;

  /// Settings that results depend on ("detector").
  std::optional<std::string> property(const std::string& key) const;
  std::map<std::string, std::string> properties() const;
  void set_property(const std::string& key, const std::string& value);

  std::vector<PathRecord> paths() const;  ///< sorted by path
  std::vector<PathRecord> paths_of(PhotoId photo) const;
  void put_path(const PathRecord& record);
  /// Marks paths as missing or as there again.
  void set_missing(const std::string& path, bool missing);
  void remove_path(const std::string& path);

  std::optional<PhotoId> find_photo(const Sha256& sha256) const;
  /// Throws Error when there is none.
  PhotoRecord photo(PhotoId id) const;
  std::vector<PhotoRecord> photos() const;  ///< sorted by id
  std::vector<PhotoId> videos() const;      ///< those that are videos, sorted
  /// Sorted. Not those that have faces, all of which are not to be kept.
  std::vector<PhotoId> photos_without_faces() const;
  /// `photo.id` and the faces' `id` and `photo` are ignored; the faces' new ids come back in order.
  PhotoId add_photo(const PhotoRecord& photo, std::span<const FaceRecord> faces,
                    std::vector<FaceId>* face_ids = nullptr);

  /// Of a photo that is there already.
  void put_moment(PhotoId photo, const PhotoMoment& moment);
  /// Pairs of faces of one video that were seen in one frame, the smaller first, sorted.
  std::vector<std::pair<FaceId, FaceId>> seen_together() const;
  /// Takes the place of those of this video.
  void set_seen_together(PhotoId video, std::span<const std::pair<FaceId, FaceId>> pairs);
  /// Photos with faces of which no perceptual hash is known, sorted.
  std::vector<PhotoId> photos_without_moment() const;

  /// Sorted by id; without withdrawn_faces(), like all else that speaks of faces in general.
  std::vector<FaceRecord> faces() const;
  std::vector<FaceRecord> faces_of(PhotoId photo) const;
  /// Throws Error when there is no such face.
  FaceRecord face(FaceId id) const;
  /// The same.
  PhotoId photo_of(FaceId face) const;

  /// Photos whose faces an earlier detector found, and which are to be looked at anew: all that the
  /// catalog has, at first.
  void outdate_photos();
  std::vector<PhotoId> outdated_photos() const;  ///< sorted
  bool is_outdated(PhotoId photo) const;
  void outdate_photo(PhotoId photo);
  void set_up_to_date(PhotoId photo);
  /// Adds a face to `face.photo`; returns its id, which no face had before.
  FaceId add_face(const FaceRecord& face);
  /// Puts the face `face.id` elsewhere in its photo, under its number and with all that was said of
  /// it. The vectors that were made of it are gone, and it has another revision.
  void change_face(const FaceRecord& face);
  void set_lost(FaceId face, bool lost);
  /// Throws std::logic_error when a fact speaks of the face: what was said is never lost.
  void remove_face(FaceId face);
  /// Takes away a face that was marked by hand, with its vectors and from its person. Its number
  /// and what was said of it stay.
  void withdraw_face(FaceId face);
  /// It is there again, as this person.
  void bring_back_face(FaceId face, PersonId person);
  std::vector<FaceRecord> withdrawn_faces() const;  ///< sorted by id
  /// Facts that name the face or have moved it, whether they count or are undone; sorted.
  std::vector<std::int64_t> facts_about(FaceId face) const;

  /// The id of the model with this name, weights and mode, added when new. What its vectors say
  /// (`recognisability`) becomes what is given here.
  ModelId put_model(const ModelRecord& model);
  std::optional<ModelId> find_model(const ModelRecord& model) const;
  std::vector<ModelRecord> models() const;
  /// The other model whose vectors stand in where faces have none of this one, if there is one.
  std::optional<CompatibleModel> compatible_model(ModelId model) const;
  /// Takes the place of what was said for `model` before.
  void put_compatible_model(const CompatibleModel& record);

  /// Throws std::logic_error when the length is not the model's dimension.
  void put_embedding(FaceId face, ModelId model, std::span<const float> vector,
                     const std::optional<VectorEvidence>& evidence = {});
  /// Of the faces that have a vector of this model whose evidence was noted, sorted by face: all
  /// that were embedded since facenet notes it.
  std::vector<std::pair<FaceId, VectorEvidence>> evidence(ModelId model) const;
  /// Of a vector that is there already.
  void put_evidence(FaceId face, ModelId model, const VectorEvidence& evidence);
  bool has_embedding(FaceId face, ModelId model) const;
  /// Faces that have a vector of this model.
  std::int64_t count_embeddings(ModelId model) const;
  /// Photos that have a face without a vector of this model, sorted by id.
  std::vector<PhotoId> photos_without_embeddings(ModelId model) const;
  /// Photos that have a face with a vector of this model whose evidence was not noted, sorted by
  /// id.
  std::vector<PhotoId> photos_without_evidence(ModelId model) const;
  /// Photos that have a face with neither a vector of this model nor of its compatible_model().
  std::vector<PhotoId> photos_not_comparable(ModelId model) const;
  /// Vectors of all faces that have one of this model, sorted by face id: ids, and ids.size() *
  /// dimension floats. Throws Error when there is no such model.
  struct Embeddings {
    std::vector<FaceId> faces;
    std::vector<float> values;
  };
  Embeddings embeddings(ModelId model) const;
  /// Only the ids: the vectors are not read.
  std::vector<FaceId> embedded_faces(ModelId model) const;
  /// Throws Error when the face has no vector of this model.
  std::vector<float> embedding(FaceId face, ModelId model) const;

  PersonId add_person();
  /// Somebody of this number, if there is nobody yet: as whom another part of the same catalog
  /// knows it.
  void put_person(PersonId id);
  /// With what the facts say of them, sorted by id: also those who have no faces (any more) but are
  /// spoken of by facts.
  std::vector<PersonRecord> people() const;
  /// One of them; nothing when nobody has this number.
  std::optional<PersonRecord> person(PersonId id) const;
  /// Those of them who have a name.
  std::vector<PersonRecord> named_people() const;
  /// Person of each face that is in one.
  std::map<FaceId, PersonId> memberships() const;
  /// Sorted. Like what follows, as quick in a large catalog as in a small one.
  std::vector<FaceId> faces_of_person(PersonId person) const;
  bool has_faces(PersonId person) const;
  /// Nothing when the face is in nobody, or there is no such face.
  std::optional<PersonId> person_of(FaceId face) const;
  /// Puts each of these faces into its person. Faces not listed stay where they are, so that a face
  /// that was out of sight (its photo on a disk that is away, its vector of another model) is found
  /// again as the person it was. People whom the last face leaves, and of whom no fact speaks, are
  /// forgotten.
  void set_memberships(std::span<const std::pair<FaceId, PersonId>> memberships);
  /// The same for people whose faces have gone in another way, such as when they were not found
  /// anew.
  void forget_empty_people();

  /// Faces that the last grouping found not recognisable, sorted.
  std::vector<FaceId> unrecognisable() const;
  /// Takes the place of those of before. Sorted.
  void set_unrecognisable(std::span<const FaceId> faces);

  /// Faces that wait for somebody to say whether they belong to the person that they left, sorted.
  std::vector<Departure> departures() const;
  void put_departure(const Departure& departure);
  void remove_departure(FaceId face);

  /// Facts are only ever added; one that undoes another sets that one's `undone`, or, when the
  /// other undid a third itself, takes it from the third. Returns the id.
  std::int64_t add_fact(const FactRecord& fact);
  /// Adds moves to a fact that has none: those of an undoing follow from what it undoes.
  void add_moves(std::int64_t fact, std::span<const FactMove> moves);
  std::vector<FactRecord> facts() const;  ///< sorted by id
  /// Takes the place of all facts, for a catalog that gets what was said elsewhere, and when: with
  /// the ids, which ascend, and times given here. `undone` follows from the others.
  void replace_facts(std::span<const FactRecord> facts);

  /// The last tree of this model, if there was one: joins of its faces, each of two clusters that
  /// there are at that time. Throws Error when it is damaged.
  std::optional<MergeTree> merge_tree(ModelId model) const;
  void put_merge_tree(ModelId model, const MergeTree& tree);

  void add_clustering(const ClusteringRecord& run);
  std::optional<ClusteringRecord> last_clustering() const;

  /// Takes all of this out of the file for good, with every row that names it, and the merge trees;
  /// notes that neither the photos nor faces in the places of the faces are to be kept again
  /// (catalog/forgotten.h). people/forget_plan.h says what goes together. finish_forgetting() is
  /// due once this is committed.
  void forget(const Forgetting& what);
  /// Writes the file anew and empties its -wal, so that no old copy of a page is left in either.
  /// Does nothing when it is not due. Not in a transaction. Throws Error, such as when others use
  /// the catalog for too long; then it stays due.
  void finish_forgetting();
  bool is_forgetting_due() const;
  /// All that is not to be kept.
  ForgottenList forgotten() const;
  bool is_forgotten(const Sha256& photo) const;
  /// Whether the file of this path, size and time was seen to be such a photo.
  bool is_forgotten_file(const PathRecord& file) const;
  void note_forgotten_file(const Sha256& photo, const PathRecord& file);
  std::vector<ForgottenPlace> forgotten_places(const Sha256& photo) const;
  /// From now on the photo, and all faces in it, may be kept. Returns what was not to be.
  AllowedAgain allow_again(const Sha256& photo);

  CatalogCounts counts() const;

  /// Looks for damage: SQLite's integrity check, foreign keys, vectors of the wrong length or not
  /// of unit length, faces outside every photo, facts about nobody, facts whose undoing is not
  /// noted, merge trees of uneven lengths, and all that the readers above would refuse. One line
  /// for each finding.
  std::vector<std::string> check() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace facenet
