#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "catalog/catalog.h"
#include "cmd/common_options.h"
#include "cmd/output.h"
#include "people/statements.h"

namespace facenet {

/// `facenet people`: what its commands share.
struct PeopleOptions {
  CommonOptions common;
  OutputOptions output;
  EmbedderOptions embedder;
  std::int64_t min_faces = 1;
  bool unrecognisable = false;
  std::int64_t limit = 0;  ///< 0: the command's own
  bool all = false, yes = false, force = false, fresh = false, list = false;
  bool model_given = false;
  bool draw = false, no_draw = false;  ///< faces, in the terminal
  std::string to, keep, chips, picture;
  std::int64_t faces_a_row = 12;
  std::vector<std::string> words;  ///< the command and its arguments

  /// Throws UsageError with this usage unless between `least` and `most` words follow the command.
  void expect_words(std::size_t least, std::size_t most, const char* usage) const;
  /// The words from the second (or a later one) on as numbers of faces.
  std::vector<FaceId> faces(std::size_t from) const;
  /// The same as people, each once. Throws Error for one that nobody is.
  std::vector<PersonId> people(const Catalog& catalog, std::size_t from) const;
};

/// Prints people in the form that is asked for; as text, each with so many paths.
void print_all(const std::vector<Person>& people, const OutputOptions& output,
               std::size_t stacks_shown);

/// Prints what came of a statement: with --json as a document, else as `text` on stderr; warnings
/// in both cases.
ExitStatus report_statement(const PeopleOptions& options, const Catalog& catalog,
                            const Statement& statement, const std::string& text);
/// The same for commands that make any number of statements at once.
ExitStatus report_statements(const PeopleOptions& options, const Catalog& catalog,
                             const std::vector<Statement>& statements, const std::string& text);

/// Asks on stderr and reads a line of stdin: the answer without spaces around it, nothing when the
/// input has ended.
std::optional<std::string> ask(const std::string& question);
bool on_terminal();
/// Puts the lines of stdin in the place of a word "-".
void read_from_stdin(std::vector<std::string>& words);

// show.cpp
ExitStatus people_show(const PeopleOptions& options);

// edit.cpp
ExitStatus people_name(const PeopleOptions& options);
ExitStatus people_merge(const PeopleOptions& options);
ExitStatus people_split(const PeopleOptions& options);
ExitStatus people_move(const PeopleOptions& options);
ExitStatus people_reject(const PeopleOptions& options);
ExitStatus people_hide(const PeopleOptions& options);
ExitStatus people_unhide(const PeopleOptions& options);
ExitStatus people_allow_same_photo(const PeopleOptions& options);
ExitStatus people_undo(const PeopleOptions& options);
ExitStatus people_log(const PeopleOptions& options);

// review.cpp
ExitStatus people_review(const PeopleOptions& options);
ExitStatus people_answer(const PeopleOptions& options);

// sheet.cpp
ExitStatus people_sheet(const PeopleOptions& options);

}  // namespace facenet
