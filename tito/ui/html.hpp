// Pieces of a page in HTML that stands alone: no script, nothing from the network, every element closed as XML wants
// it.
//
// Whatever is not written in the program itself goes through escaped().
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tito/ui/curve.hpp"
#include "tito/ui/markup.hpp"

namespace tito::html {

// A figure and what the page shows of it: `exact` is what a program may read.
std::string data(const std::string& exact, const std::string& shown);

// "2026-11-22T09:30:00Z" as people read it; other text as it is.
std::string time(const std::string& utc);

// The name of a state with a mark, so that its colour is not all that tells it.
std::string state(const std::string& name);

// Names and values, one below another. Both are HTML already.
std::string pairs(const std::vector<std::pair<std::string, std::string>>& rows);

// A table in a region that scrolls, with the keyboard too, where it is too wide. Cells are HTML already; the first of a
// row names it.
struct Table {
  std::string caption;  // text
  std::vector<std::string> head;
  std::vector<std::vector<std::string>> rows;
};
std::string table(const Table& table);

// A chart with its key below.
std::string figure(const Chart& chart, const std::string& title);

// One bar in parts of a whole, with a description for those who do not see it.
struct Part {
  std::string name;
  double share = 0;  // 0 .. 1
};
std::string bar(const std::vector<Part>& parts, const std::string& description);

// The whole page around its content.
std::string page(const std::string& title, const std::string& body);

// By this a page of ours is known again.
extern const char* const generator;

}  // namespace tito::html
