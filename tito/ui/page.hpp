// What fills a terminal: a verdict that always stays at the top, a body that can be scrolled, and a last line.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "tito/ui/terminal.hpp"

namespace tito {

struct Page {
  std::string verdict;
  std::vector<std::string> about;  // one line below it, in several lengths, the longest first
  std::vector<std::string> body;   // broken to the width, but excerpts of sources are cut
  std::vector<std::string> keys;   // the last line, as `about`
};

// The lines for a terminal of this size, never more than it has. Where there are few rows, the line about it and that
// of the keys are left out. `offset` is the number of the body's lines that are scrolled away; it is brought into its
// bounds.
std::vector<std::string> laid_out(const Page& page, const TerminalSize& size, int& offset);

// The text as lines of at most so many columns, broken between words where that can be. Lines behind the first are
// indented a little further than it. Colours take no columns and go on in the next line.
std::vector<std::string> wrapped(const std::string& text, std::size_t columns);

}  // namespace tito
