#include "metadata/picasa_contacts.h"

#include <algorithm>
#include <glib.h>
#include <memory>

#include "base/error.h"
#include "base/text.h"
#include "metadata/one_line.h"

namespace facenet {
namespace {

struct FreeParser {
  void operator()(GMarkupParseContext* parser) const { g_markup_parse_context_free(parser); }
};
struct FreeFault {
  void operator()(GError* fault) const { g_error_free(fault); }
};

/// GLib calls this for each element. It knows no entities but XML's own, so none can grow.
void note_contact(GMarkupParseContext*, const gchar* element, const gchar** names,
                  const gchar** values, gpointer contacts, GError**) {
  if (std::string_view(element) != "contact") return;
  std::string id, name, display;
  for (; *names != nullptr; ++names, ++values) {
    const std::string_view attribute = *names;
    if (attribute == "id") id = *values;
    if (attribute == "name") name = *values;
    if (attribute == "display") display = *values;
  }
  id = contact_key(id);
  name = one_line(name.empty() ? display : name);
  if (!id.empty() && !name.empty()) static_cast<PicasaContacts*>(contacts)->emplace(id, name);
}

/// A line each: number, a blank, name.
std::string to_lines(const PicasaContacts& contacts) {
  std::string lines;
  for (const auto& [id, name] : contacts) lines += id + ' ' + name + '\n';
  return lines;
}

PicasaContacts contacts_of_lines(const std::string& lines) {
  PicasaContacts contacts;
  for (std::size_t begin = 0; begin < lines.size();) {
    const std::size_t end = std::min(lines.find('\n', begin), lines.size());
    const std::string line = lines.substr(begin, end - begin);
    if (const std::size_t blank = line.find(' '); blank != std::string::npos)
      contacts.emplace(contact_key(line.substr(0, blank)), to_valid_utf8(line.substr(blank + 1)));
    begin = end + 1;
  }
  return contacts;
}

}  // namespace

std::string contact_key(std::string_view number) {
  std::string key;
  for (const char c : number) {
    const char small = c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
    const bool is_digit = (small >= '0' && small <= '9') || (small >= 'a' && small <= 'f');
    if (!is_digit) return "";
    if (small != '0' || !key.empty()) key += small;
  }
  return key;
}

PicasaContacts read_picasa_contacts(std::string_view xml) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (xml.starts_with(kByteOrderMark)) xml.remove_prefix(kByteOrderMark.size());
  PicasaContacts contacts;
  const GMarkupParser handlers{.start_element = note_contact,
                               .end_element = nullptr,
                               .text = nullptr,
                               .passthrough = nullptr,
                               .error = nullptr};
  const std::unique_ptr<GMarkupParseContext, FreeParser> parser(
      g_markup_parse_context_new(&handlers, G_MARKUP_DEFAULT_FLAGS, &contacts, nullptr));
  GError* raw = nullptr;
  const bool is_read = g_markup_parse_context_parse(parser.get(), xml.data(),
                                                    static_cast<gssize>(xml.size()), &raw) != 0 &&
                       g_markup_parse_context_end_parse(parser.get(), &raw) != 0;
  const std::unique_ptr<GError, FreeFault> fault(raw);
  if (!is_read) fail("is no XML, as Picasa writes it: {}", one_line(to_valid_utf8(fault->message)));
  return contacts;
}

std::vector<ContactsReading> read_contacts_behind_walls(std::span<const ForeignText> texts) {
  std::vector<WalledJob> jobs;
  for (const ForeignText& text : texts)
    jobs.push_back({.file = text.file, .bytes = text.text.size(), .work = [&text] {
                      return to_lines(read_picasa_contacts(text.text));
                    }});
  std::vector<ContactsReading> readings;
  for (const WalledAnswer& answer : answers_behind_walls(jobs))
    readings.push_back(answer.is_error
                           ? ContactsReading{.error = to_valid_utf8(answer.text)}
                           : ContactsReading{.contacts = contacts_of_lines(answer.text)});
  return readings;
}

}  // namespace facenet
