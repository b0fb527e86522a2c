// Marks of faces and names in metadata: XMP that is read and written anew, Picasa's lists and
// contacts, Google Takeout's JSON.
#include <string>

#include "base/error.h"
#include "metadata/picasa.h"
#include "metadata/picasa_contacts.h"
#include "metadata/takeout.h"
#include "metadata/xmp_regions.h"
#include "test/fuzz/fuzz.h"

using namespace facenet;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  for (const auto& [file, regions] : read_picasa(text))
    for (const FaceRegion& region : regions.regions)
      FUZZ_EXPECT(region.width > 0 && region.height > 0);
  try {
    for (const auto& [number, name] : read_picasa_contacts(text)) {
      FUZZ_EXPECT(contact_key(number) == number && !number.empty());
      FUZZ_EXPECT(!name.empty() && name.find('\n') == std::string::npos);
    }
  } catch (const Error& error) {
    fuzz::expect_message(error);
  }
  try {
    const TakeoutPeople people = read_takeout(text);
    FUZZ_EXPECT(people.title.find('\n') == std::string::npos);
    for (const std::string& name : people.names)
      FUZZ_EXPECT(!name.empty() && name.find('\n') == std::string::npos);
  } catch (const Error& error) {
    fuzz::expect_message(error);
  }
  try {
    // What is told to another process is understood there.
    const FaceRegions regions = read_regions(text);
    const std::string lines = to_lines(regions);
    FUZZ_EXPECT(to_lines(regions_of_lines(lines)) == lines);
  } catch (const Error& error) {
    fuzz::expect_message(error);
  }
  try {
    const SidecarContent content{
        .width = 400,
        .height = 300,
        .regions = {{.name = "Ann", .x = 0.1, .y = 0.2, .width = 0.3, .height = 0.4}}};
    const std::string once = with_regions(text, content);
    FUZZ_EXPECT(with_regions(once, content) == once);
    static_cast<void>(read_regions(once));
  } catch (const Error& error) {
    fuzz::expect_message(error);
  }
  return 0;
}
