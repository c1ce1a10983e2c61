// Small things done with texts.
#pragma once

#include <string>
#include <vector>

namespace tito {

// "a, b, c"
inline std::string listed(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

}  // namespace tito
