#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace facenet {

/// A name as that of a folder which any file system takes: no slash, none of the characters that
/// Windows and FAT forbid, nothing unseen (such as marks for the direction of writing), no dot in
/// front, neither dot nor space at the end, at most 200 bytes, never empty, never "..". Expects
/// UTF-8.
std::string safe_folder_name(std::string_view name);

/// The same for a file, whose name need not be UTF-8 and may begin with a dot; cut to 200 bytes
/// before its ending.
std::string safe_file_name(std::string_view name);

/// `name` with `addition` before its ending: "a.jpg" and "~1f" give "a~1f.jpg". At most 255 bytes.
std::string with_addition(std::string_view name, std::string_view addition);

/// Chooses a name for each of `count` things so that no two are alike, nor differ in capitals
/// alone: Windows, macOS and FAT hold such names for one. `name(thing, level)` gives a thing's
/// name: that of level 0 where nobody else has it, else that of a higher one. At level `last_level`
/// names must differ of themselves. The result depends on the names alone, not on their order.
/// Throws std::logic_error.
std::vector<std::string> unlike_names(
    std::size_t count, int last_level,
    const std::function<std::string(std::size_t thing, int level)>& name);

}  // namespace facenet
