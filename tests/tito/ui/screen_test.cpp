// Figures, texts and tables on the screen.
#include "tito/ui/screen.hpp"

#include "judge/cases/case.hpp"

TEST_CASE("Figures are written for people", "[screen]") {
  CHECK_SAME(tito::figure(20413.4, "samples/s"), std::string("20,413 samples/s"));
  CHECK_SAME(tito::figure(1234567, ""), std::string("1,234,567"));
  CHECK_SAME(tito::figure(91.234, "%"), std::string("91.23 %"));
  CHECK_SAME(tito::figure(0.0000123, ""), std::string("1.23e-05"));
  CHECK_SAME(tito::duration(72.4), std::string("1 min 12 s"));
}

TEST_CASE("A text is cut to the columns that people see", "[screen]") {
  CHECK_SAME(tito::shortened("abcdefgh", 8), std::string("abcdefgh"));
  CHECK_SAME(tito::shortened("abcdefghi", 8), std::string("abcdef.."));
  CHECK_SAME(tito::shortened("✓✓✓✓✓✓", 5), std::string("✓✓✓.."));
  CHECK_SAME(tito::shortened("\x1b[1mabcdef\x1b[0m", 5), std::string("\x1b[1mabc\x1b[0m.."));
  CHECK_SAME(tito::shortened("\x1b[1mabcde\x1b[0m", 5), std::string("\x1b[1mabcde\x1b[0m"));
}

TEST_CASE("A table's columns fit their widest cell, whatever its colours", "[screen]") {
  tito::Table table;
  table.row({"\x1b[1mab\x1b[0m", "c"});
  table.row({"✓abc", "d"});
  const std::vector<std::string> expected{"\x1b[1mab\x1b[0m    c", "✓abc  d"};
  CHECK_SAME(table.lines(""), expected);
}
