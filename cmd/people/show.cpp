// All faces of people, in words and in the terminal.
#include <iostream>
#include <unistd.h>

#include "base/logging.h"
#include "base/text.h"
#include "cmd/people/common.h"
#include "cmd/people/terminal_faces.h"
#include "cmd/terminal_output.h"
#include "library/library.h"
#include "people/people.h"
#include "people/vectors.h"
#include "picture/portraits.h"

namespace facenet {
namespace {

std::string hint_at_sheet(PersonId person) {
  return fmt::format("`facenet people sheet {} -o people.jpg`", person);
}

/// A row of the person's faces, and how many more there are.
void draw_person(PersonId person, const Portraits& portraits, TerminalFaces& pictures) {
  const PortraitRow row = portrait_row(portraits, pictures.room());
  send_to_terminal(pictures.draw(row.stacks));
  if (row.left_out > 0)
    std::cout << fmt::format("    and {}: {}\n", counted(row.left_out, "more face"),
                             hint_at_sheet(person));
}

ExitStatus show_with_pictures(const PeopleOptions& options, const Catalog& catalog,
                              const std::vector<Person>& people, const PictureTerminal& terminal) {
  TerminalFaces pictures(terminal, options.common.thread_count());
  const Catalog::Snapshot snapshot(catalog);
  EmbedderOptions embedder = options.embedder;
  const CatalogModel model = model_of_catalog(catalog, embedder, options.model_given);
  const PeopleVectors vectors(catalog, model.id);
  const PortraitBook book(catalog, vectors);
  for (const Person& person : people) {
    print_all({person}, options.output, SIZE_MAX);
    draw_person(person.id, book.of(person.id), pictures);
  }
  return pictures.unreadable() == 0 ? ExitStatus::kOk : ExitStatus::kPartial;
}

}  // namespace

ExitStatus people_show(const PeopleOptions& options) {
  options.expect_words(1, SIZE_MAX, "show PERSON...");
  if (options.draw && !options.output.is_text())
    fail<UsageError>("--picture draws in a terminal; leave out --json, --jsonl, --csv and -0");
  const Catalog catalog(options.common.catalog_path(), Catalog::Mode::kRead);
  std::vector<Person> people;
  for (const PersonId person : options.people(catalog, 1))
    people.push_back(find_person(catalog, person));
  if (options.draw) {
    if (const auto terminal = PictureTerminal::behind(STDOUT_FILENO))
      return show_with_pictures(options, catalog, people, *terminal);
    log_info("no terminal that shows pictures; {} draws a file of them",
             hint_at_sheet(people.front().id));
  }
  print_all(people, options.output, SIZE_MAX);
  return ExitStatus::kOk;
}

}  // namespace facenet
