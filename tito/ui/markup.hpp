// Text inside HTML and SVG.
#pragma once

#include <string>
#include <string_view>

namespace tito {

// Text between elements or in an attribute: no character of it is markup, and control characters are gone.
std::string escaped(std::string_view text);

}  // namespace tito
