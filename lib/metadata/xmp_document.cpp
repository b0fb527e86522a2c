#include "metadata/xmp_document.h"

#include <charconv>
#include <cmath>
#include <exempi/xmp.h>

#include "base/error.h"

namespace facenet {
namespace {

/// Starts Exempi, and lets properties of these namespaces have their usual prefixes.
void start_exempi() {
  static const bool started = [] {
    if (!xmp_init()) return false;
    for (const XmpNamespace& space :
         {xmp::kMwgRegions, xmp::kDimensions, xmp::kArea, xmp::kMicrosoft, xmp::kMicrosoftInfo,
          xmp::kMicrosoftRegion, xmp::kDublinCore, xmp::kLightroom, xmp::kDigikam, xmp::kIptc,
          xmp::kFacenet})
      if (!xmp_register_namespace(space.uri, space.prefix, nullptr)) return false;
    return true;
  }();
  if (!started) fail("Exempi, the library for XMP, does not start");
}

struct StringFree {
  void operator()(_XmpString* text) const { xmp_string_free(text); }
};

/// A string that Exempi writes into.
class XmpText {
 public:
  XmpText() : text_(xmp_string_new()) {}
  XmpStringPtr get() const { return text_.get(); }
  std::string text() const { return xmp_string_cstr(text_.get()); }

 private:
  std::unique_ptr<_XmpString, StringFree> text_;
};

XmpPtr as_xmp(void* document) {
  return static_cast<XmpPtr>(document);
}

void require(bool worked, const std::string& path) {
  if (!worked) fail("{} cannot be written (Exempi's error {})", path, xmp_get_error());
}

struct IteratorFree {
  void operator()(_XmpIterator* iterator) const { xmp_iterator_free(iterator); }
};

}  // namespace

void XmpDocument::Free::operator()(void* document) const {
  xmp_free(as_xmp(document));
}

XmpDocument::XmpDocument() {
  start_exempi();
  document_.reset(xmp_new_empty());
}

XmpDocument::XmpDocument(std::string_view text) {
  start_exempi();
  document_.reset(xmp_new(text.data(), text.size()));
  if (!document_) fail("is no XMP (Exempi's error {})", xmp_get_error());
}

XmpDocument::~XmpDocument() = default;

std::optional<std::string> XmpDocument::value(const XmpNamespace& space,
                                              const std::string& path) const {
  const XmpText text;
  std::uint32_t kind = 0;
  if (!xmp_get_property(as_xmp(document_.get()), space.uri, path.c_str(), text.get(), &kind) ||
      !XMP_IS_PROP_SIMPLE(kind))
    return std::nullopt;
  return text.text();
}

std::optional<double> XmpDocument::number(const XmpNamespace& space,
                                          const std::string& path) const {
  const auto text = value(space, path);
  if (!text) return std::nullopt;
  double number = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (error != std::errc() || end != text->data() + text->size() || !std::isfinite(number))
    return std::nullopt;
  return number;
}

bool XmpDocument::has(const XmpNamespace& space, const std::string& path) const {
  return xmp_has_property(as_xmp(document_.get()), space.uri, path.c_str());
}

int XmpDocument::count(const XmpNamespace& space, const std::string& path) const {
  int count = 0;
  while (has(space, fmt::format("{}[{}]", path, count + 1))) ++count;
  return count;
}

std::vector<std::string> XmpDocument::items(const XmpNamespace& space,
                                            const std::string& path) const {
  std::vector<std::string> items;
  for (int i = 1; i <= count(space, path); ++i)
    items.push_back(value(space, fmt::format("{}[{}]", path, i)).value_or(""));
  return items;
}

void XmpDocument::set(const XmpNamespace& space, const std::string& path,
                      const std::string& value) {
  require(xmp_set_property(as_xmp(document_.get()), space.uri, path.c_str(), value.c_str(), 0),
          path);
}

void XmpDocument::set_struct(const XmpNamespace& space, const std::string& path) {
  if (has(space, path)) return;
  // Exempi takes an empty string for none here.
  require(xmp_set_property(as_xmp(document_.get()), space.uri, path.c_str(), "",
                           XMP_PROP_VALUE_IS_STRUCT),
          path);
}

void XmpDocument::append(const XmpNamespace& space, const std::string& path,
                         const std::string& item, ArrayKind kind) {
  const std::uint32_t array = kind == ArrayKind::kBag
                                  ? XMP_PROP_VALUE_IS_ARRAY
                                  : XMP_PROP_VALUE_IS_ARRAY | XMP_PROP_ARRAY_IS_ORDERED;
  require(xmp_append_array_item(as_xmp(document_.get()), space.uri, path.c_str(), array,
                                item.c_str(), 0),
          path);
}

std::string XmpDocument::append_struct(const XmpNamespace& space, const std::string& path) {
  require(xmp_append_array_item(as_xmp(document_.get()), space.uri, path.c_str(),
                                XMP_PROP_VALUE_IS_ARRAY, nullptr, XMP_PROP_VALUE_IS_STRUCT),
          path);
  return fmt::format("{}[{}]", path, count(space, path));
}

void XmpDocument::remove(const XmpNamespace& space, const std::string& path) {
  xmp_delete_property(as_xmp(document_.get()), space.uri, path.c_str());
}

std::vector<std::string> XmpDocument::leaves() const {
  const std::unique_ptr<_XmpIterator, IteratorFree> iterator(
      xmp_iterator_new(as_xmp(document_.get()), nullptr, nullptr, XMP_ITER_JUSTLEAFNODES));
  std::vector<std::string> leaves;
  const XmpText space;
  const XmpText path;
  const XmpText value;
  std::uint32_t kind = 0;
  while (iterator && xmp_iterator_next(iterator.get(), space.get(), path.get(), value.get(), &kind))
    leaves.push_back(fmt::format("{} {} = {}", space.text(), path.text(), value.text()));
  return leaves;
}

std::string XmpDocument::text() const {
  const XmpText text;
  require(xmp_serialize(as_xmp(document_.get()), text.get(),
                        XMP_SERIAL_OMITPACKETWRAPPER | XMP_SERIAL_USECOMPACTFORMAT, 0),
          "the document");
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + text.text();
}

}  // namespace facenet
