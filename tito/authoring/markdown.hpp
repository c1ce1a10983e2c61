// What a check of Markdown texts needs to know of them: which lines are code, where links point, which anchors headings
// make, and which parts tito has written. Texts are read by cmark-gfm; md4c was looked at and tells no lines.
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace tito {

// A block of code, fenced or indented.
struct CodeBlock {
  std::string language;  // of a fenced block; empty where it names none
  std::string text;      // each line with its end
  int first_line = 0;    // from 1, the opening fence included
  int last_line = 0;     // the closing fence included
  bool is_fenced = false;
  bool is_closed = true;  // a fenced block without a closing fence ends with the text, or what it stands in
};

// In order.
std::vector<CodeBlock> code_blocks_of(std::string_view text);

struct MarkdownLine {
  std::string text;
  bool is_code = false;   // in a block of code, fences included
  bool is_fence = false;  // opens or closes a block
  std::string language;   // of the block that it stands in
};

// Lines count from 1: the first one is element 0.
std::vector<MarkdownLine> markdown_lines(std::string_view text);

struct MarkdownLink {
  std::string target;  // "../02_tensor/README.md#the-idea"
  int line = 0;
};

// The targets of links and images, inline and by reference, each where it is used.
std::vector<MarkdownLink> links_of(std::string_view text);

// The anchors of all headings, as GitHub makes them of their words, and those set by hand.
std::set<std::string> anchors_of(std::string_view text);

// A part that tito writes:
//   <!-- generated: modules -->
//   ...
//   <!-- end -->
struct GeneratedRegion {
  std::string name;
  std::size_t begin = 0;  // of the first line inside
  std::size_t end = 0;    // of the line with the end mark
  int line = 0;           // of the opening mark, from 1
  int last_line = 0;      // of the end mark
};

// In order; marks in code are text.
// throws: Failure(Exit::damaged) naming `origin` and the line for a mark without its other half, or without a name.
std::vector<GeneratedRegion> generated_regions(std::string_view text, const std::string& origin);

// The lines of all regions, from 1, their marks included; none where a mark lacks its other half. throws: nothing
std::set<int> generated_lines(std::string_view text);

}  // namespace tito
