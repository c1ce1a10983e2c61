// Pages that fill a terminal: what stays in sight however small it is.
#include "tito/ui/page.hpp"

#include "judge/cases/case.hpp"
#include "tito/ui/screen.hpp"

namespace {

using Lines = std::vector<std::string>;

const tito::Page page{
    "+ 3 of 3 cases pass", {"01 count   long", "01"}, {"one", "two", "three", "four", "five"}, {"q quit", "q"}};

Lines laid_out(int rows, int columns, int offset = 0) { return tito::laid_out(page, {rows, columns}, offset); }

}  // namespace

TEST_CASE("A page fills the terminal: the verdict above, the keys below", "[page]") {
  CHECK_SAME(laid_out(10, 40), (Lines{"+ 3 of 3 cases pass", "01 count   long", "", "one", "two", "three", "four",
                                      "five", "", "q quit"}));
}

TEST_CASE("What does not fit is scrolled, never the verdict", "[page]") {
  CHECK_SAME(laid_out(7, 40), (Lines{"+ 3 of 3 cases pass", "01 count   long", "", "one", "two",
                                     "lines 1 to 2 of 5: arrow keys", "q quit"}));
  CHECK_SAME(laid_out(7, 40, 1).at(3), std::string("two"));
  int offset = 99;
  const Lines lines = tito::laid_out(page, {7, 40}, offset);
  CHECK_SAME(offset, 3);
  CHECK_SAME(lines.at(4), std::string("five"));
  offset = -5;
  tito::laid_out(page, {7, 40}, offset);
  CHECK_SAME(offset, 0);
}

TEST_CASE("A page never has more lines than the terminal, nor longer ones", "[page]") {
  for (int rows = 1; rows < 12; ++rows) {
    for (int columns = 1; columns < 30; ++columns) {
      const Lines lines = laid_out(rows, columns);
      CHECK(static_cast<int>(lines.size()) <= rows);
      CHECK_SAME(lines.at(0).front(), '+');
      for (const std::string& line : lines)
        CHECK(tito::columns_of(line) <= static_cast<std::size_t>(std::max(columns, 2)));
    }
  }
}

TEST_CASE("A long line is broken between words, and goes on a little further in", "[page]") {
  CHECK_SAME(tito::wrapped("  the quick brown fox", 12), (Lines{"  the quick", "   brown fox"}));
  CHECK_SAME(tito::wrapped("abcdefghij", 4), (Lines{"abcd", " efg", " hij"}));
  CHECK_SAME(tito::wrapped("", 4), (Lines{""}));
  CHECK_SAME(tito::wrapped("a\tb", 20), (Lines{"a       b"}));
  CHECK_SAME(tito::wrapped("✓✓✓✓✓✓", 4), (Lines{"✓✓✓✓", " ✓✓"}));
}

TEST_CASE("Colours go on in the next line and end with each", "[page]") {
  CHECK_SAME(tito::wrapped("\x1b[1mab cd\x1b[0m e", 4), (Lines{"\x1b[1mab\x1b[0m", " \x1b[1mcd\x1b[0m", " e"}));
}

TEST_CASE("The excerpt of a compiler is cut, so that its caret keeps its place", "[page]") {
  int offset = 0;
  const tito::Page excerpt{"v", {}, {"   12 |   return one + two;", "      |          ^~~"}, {}};
  const Lines lines = tito::laid_out(excerpt, {6, 16}, offset);
  CHECK_SAME(lines.at(1), std::string("   12 |   retu.."));
  CHECK_SAME(lines.at(2), std::string("      |       .."));
}
