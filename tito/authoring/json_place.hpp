// Where a place of a JSON text stands: "tracks.forward.order[2].module" is what complaints name, an editor wants a
// line.
#pragma once

#include <string>
#include <string_view>

namespace tito {

// The line, from 1, that a complaint is about: of the longest place that it begins with or, for text that is no JSON,
// of the "line N" that it names. 1 where neither is found.
int line_of_place(std::string_view text, const std::string& complaint);

}  // namespace tito
