#include "tito/authoring/markdown.hpp"

#include <cmark-gfm.h>

#include <algorithm>
#include <map>
#include <memory>
#include <sstream>

#include "tito/system/failure.hpp"

namespace tito {
namespace {

constexpr std::string_view generated_mark = "<!-- generated: ";
constexpr std::string_view end_mark = "<!-- end -->";
constexpr std::string_view close_mark = " -->";

template <class T>
using Owned = std::unique_ptr<T, void (*)(T*)>;

Owned<cmark_node> parsed(std::string_view text) {
  return {cmark_parse_document(text.data(), text.size(), CMARK_OPT_DEFAULT), cmark_node_free};
}

// Calls visit(node, type) for each node of a tree, in the order of the text.
template <class Visit>
void for_each_node(cmark_node* root, const Visit& visit) {
  const Owned<cmark_iter> iterator(cmark_iter_new(root), cmark_iter_free);
  for (cmark_event_type event{}; (event = cmark_iter_next(iterator.get())) != CMARK_EVENT_DONE;) {
    cmark_node* const node = cmark_iter_get_node(iterator.get());
    if (event == CMARK_EVENT_ENTER) visit(node, cmark_node_get_type(node));
  }
}

// What a heading says, without its markup.
std::string words_of(cmark_node* heading) {
  std::string words;
  for_each_node(heading, [&](cmark_node* node, cmark_node_type type) {
    if (type == CMARK_NODE_TEXT || type == CMARK_NODE_CODE) words += cmark_node_get_literal(node);
    if (type == CMARK_NODE_SOFTBREAK) words += ' ';
  });
  return words;
}

// The anchors that HTML sets by hand.
void add_html_anchors(std::set<std::string>& anchors, const std::string& html) {
  for (const std::string mark : {"id=\"", "name=\""}) {
    for (std::size_t at = html.find(mark); at != std::string::npos; at = html.find(mark, at + 1)) {
      const std::size_t begin = at + mark.size();
      anchors.insert(html.substr(begin, html.find('"', begin) - begin));
    }
  }
}

std::string anchor_of(const std::string& heading) {
  std::string anchor;
  for (std::size_t i = 0; i < heading.size(); ++i) {
    const auto c = static_cast<unsigned char>(heading[i]);
    const auto next = i + 1 < heading.size() ? static_cast<unsigned char>(heading[i + 1]) : 0;
    if (c == 0xE2 && (next == 0x80 || next == 0x81)) {
      i += 2;  // dashes, quotation marks and the like
    } else if (c == ' ') {
      anchor += '-';
    } else if (std::isalnum(c) != 0 || c == '-' || c == '_' || c >= 0x80) {
      anchor += static_cast<char>(std::tolower(c));
    }
  }
  return anchor;
}

}  // namespace

std::vector<CodeBlock> code_blocks_of(std::string_view text) {
  std::vector<CodeBlock> blocks;
  for_each_node(parsed(text).get(), [&](cmark_node* node, cmark_node_type type) {
    if (type != CMARK_NODE_CODE_BLOCK) return;
    CodeBlock block{cmark_node_get_fence_info(node), cmark_node_get_literal(node), cmark_node_get_start_line(node),
                    cmark_node_get_end_line(node)};
    int length = 0, offset = 0;
    char mark = 0;
    block.is_fenced = cmark_node_get_fenced(node, &length, &offset, &mark) != 0;
    const auto lines = std::count(block.text.begin(), block.text.end(), '\n');
    block.is_closed = !block.is_fenced || lines == block.last_line - block.first_line - 1;
    blocks.push_back(std::move(block));
  });
  return blocks;
}

std::vector<MarkdownLine> markdown_lines(std::string_view text) {
  std::vector<MarkdownLine> lines;
  std::istringstream stream{std::string(text)};
  for (std::string line; std::getline(stream, line);) lines.push_back({line, false, false, ""});
  for (const CodeBlock& block : code_blocks_of(text)) {
    for (int number = block.first_line; number <= std::min(block.last_line, static_cast<int>(lines.size())); ++number) {
      MarkdownLine& line = lines[static_cast<std::size_t>(number - 1)];
      line.is_code = true;
      line.is_fence = block.is_fenced && (number == block.first_line || (number == block.last_line && block.is_closed));
      line.language = block.language;
    }
  }
  return lines;
}

std::vector<MarkdownLink> links_of(std::string_view text) {
  std::vector<MarkdownLink> links;
  for_each_node(parsed(text).get(), [&](cmark_node* node, cmark_node_type type) {
    if (type != CMARK_NODE_LINK && type != CMARK_NODE_IMAGE) return;
    const std::string target = cmark_node_get_url(node);
    if (!target.empty()) links.push_back({target, cmark_node_get_start_line(node)});
  });
  return links;
}

std::set<std::string> anchors_of(std::string_view text) {
  std::set<std::string> anchors;
  std::map<std::string, int> uses;
  for_each_node(parsed(text).get(), [&](cmark_node* node, cmark_node_type type) {
    if (type == CMARK_NODE_HTML_BLOCK || type == CMARK_NODE_HTML_INLINE)
      add_html_anchors(anchors, cmark_node_get_literal(node));
    if (type != CMARK_NODE_HEADING) return;
    const std::string anchor = anchor_of(words_of(node));
    const int before = uses[anchor]++;
    anchors.insert(before == 0 ? anchor : anchor + "-" + std::to_string(before));
  });
  return anchors;
}

std::vector<GeneratedRegion> generated_regions(std::string_view text, const std::string& origin) {
  const auto fail = [&](int line, const std::string& problem) {
    throw Failure(Exit::damaged, origin + ":" + std::to_string(line) + ": " + problem);
  };
  std::vector<GeneratedRegion> regions;
  std::size_t at = 0;
  int number = 0;
  bool open = false;
  for (const MarkdownLine& line : markdown_lines(text)) {
    ++number;
    const std::size_t next = at + line.text.size() + 1;
    if (!line.is_code && line.text.starts_with(generated_mark)) {
      if (open) fail(number, "a generated region inside the one of line " + std::to_string(regions.back().line));
      const std::size_t end = line.text.find(close_mark, generated_mark.size());
      if (end == std::string::npos || end == generated_mark.size()) fail(number, "a generated region without a name");
      regions.push_back({line.text.substr(generated_mark.size(), end - generated_mark.size()), next, 0, number, 0});
      open = true;
    } else if (!line.is_code && line.text.starts_with(end_mark)) {
      if (!open) fail(number, "the end of a generated region that does not begin");
      regions.back().end = at;
      regions.back().last_line = number;
      open = false;
    }
    at = next;
  }
  if (open) fail(regions.back().line, "a generated region that does not end");
  return regions;
}

std::set<int> generated_lines(std::string_view text) {
  std::set<int> lines;
  try {
    for (const GeneratedRegion& region : generated_regions(text, "")) {
      for (int line = region.line; line <= region.last_line; ++line) lines.insert(line);
    }
  } catch (const Failure&) {
    return {};
  }
  return lines;
}

}  // namespace tito
