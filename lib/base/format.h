#pragma once

// The one door to fmt: the rest of the code says fmt::format and includes this.
#include <fmt/format.h>
#include <fmt/ranges.h>
