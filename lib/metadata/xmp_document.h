#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace facenet {

/// A namespace of XMP and the prefix that its properties usually have.
struct XmpNamespace {
  const char* uri;
  const char* prefix;
};

namespace xmp {
inline constexpr XmpNamespace kMwgRegions{"http://www.metadataworkinggroup.com/schemas/regions/",
                                          "mwg-rs"};
inline constexpr XmpNamespace kDimensions{"http://ns.adobe.com/xap/1.0/sType/Dimensions#", "stDim"};
inline constexpr XmpNamespace kArea{"http://ns.adobe.com/xmp/sType/Area#", "stArea"};
inline constexpr XmpNamespace kMicrosoft{"http://ns.microsoft.com/photo/1.2/", "MP"};
inline constexpr XmpNamespace kMicrosoftInfo{"http://ns.microsoft.com/photo/1.2/t/RegionInfo#",
                                             "MPRI"};
inline constexpr XmpNamespace kMicrosoftRegion{"http://ns.microsoft.com/photo/1.2/t/Region#",
                                               "MPReg"};
inline constexpr XmpNamespace kDublinCore{"http://purl.org/dc/elements/1.1/", "dc"};
inline constexpr XmpNamespace kLightroom{"http://ns.adobe.com/lightroom/1.0/", "lr"};
inline constexpr XmpNamespace kDigikam{"http://www.digikam.org/ns/1.0/", "digiKam"};
inline constexpr XmpNamespace kIptc{"http://iptc.org/std/Iptc4xmpExt/2008-02-29/", "Iptc4xmpExt"};
/// What facenet notes for itself.
inline constexpr XmpNamespace kFacenet{"urn:facenet:xmp:1.0:", "facenet"};
}  // namespace xmp

/// A document of XMP, through Exempi. Not for the bytes of strangers outside of walls
/// (metadata/photo_xmp.h).
class XmpDocument {
 public:
  enum class ArrayKind { kBag, kSequence };

  /// Without anything in it.
  XmpDocument();
  /// Throws Error for what is no XMP.
  explicit XmpDocument(std::string_view text);
  ~XmpDocument();
  XmpDocument(const XmpDocument&) = delete;
  XmpDocument& operator=(const XmpDocument&) = delete;

  /// Of a simple property, at a path ("mwg-rs:Regions/mwg-rs:RegionList[1]/mwg-rs:Name").
  std::optional<std::string> value(const XmpNamespace& space, const std::string& path) const;
  std::optional<double> number(const XmpNamespace& space, const std::string& path) const;
  bool has(const XmpNamespace& space, const std::string& path) const;
  /// Items of an array; they are numbered from 1.
  int count(const XmpNamespace& space, const std::string& path) const;
  std::vector<std::string> items(const XmpNamespace& space, const std::string& path) const;

  void set(const XmpNamespace& space, const std::string& path, const std::string& value);
  void set_struct(const XmpNamespace& space, const std::string& path);
  void append(const XmpNamespace& space, const std::string& path, const std::string& item,
              ArrayKind kind = ArrayKind::kBag);
  /// Returns the path of the new item.
  std::string append_struct(const XmpNamespace& space, const std::string& path);
  void remove(const XmpNamespace& space, const std::string& path);

  /// Every property that has a value, with its namespace: "uri path = value".
  std::vector<std::string> leaves() const;
  /// As a file beside a photo holds it.
  std::string text() const;

 private:
  struct Free {
    void operator()(void* document) const;
  };
  std::unique_ptr<void, Free> document_;
};

}  // namespace facenet
