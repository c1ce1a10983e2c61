// The window of a failed comparison: read from a record that may be forged, and drawn in the columns that there are.
#include <algorithm>
#include <sstream>

#include "tests/tito/tmux.hpp"
#include "tito/toolchain/record_window.hpp"
#include "tito/views/failure.hpp"

using tito::json;
using tito::TensorWindow;

namespace {

// A failure with a window of 2 rows and 3 columns, which differ at [1, 4].
json failure() {
  return {{"event", "failure"},
          {"window",
           {{"shape", {5, 9}},
            {"at", {1, 4}},
            {"row", 1},
            {"column", 3},
            {"columns", 3},
            {"expected", {"1", "2", "3", "4", "5", "6"}},
            {"actual", {"1", "20", "3", "4", "5", "6"}},
            {"wrong", {false, true, false, false, false, false}}}}};
}

TensorWindow with(const std::string& key, const json& value) {
  json event = failure();
  event["window"][key] = value;
  return tito::window_of(event);
}

std::vector<std::string> drawn(const TensorWindow& window, int width) {
  return tito::grid(window, window.actual, width);
}

}  // namespace

TEST_CASE("A window is read as it stands in the record", "[window]") {
  const TensorWindow window = tito::window_of(failure());
  CHECK_SAME(window.shape, (std::vector<std::int64_t>{5, 9}));
  CHECK_SAME(window.at, (std::vector<std::int64_t>{1, 4}));
  CHECK_SAME(window.row, 1);
  CHECK_SAME(window.column, 3);
  CHECK_SAME(window.columns, 3U);
  CHECK_SAME(window.actual.at(1), "20");
  CHECK(window.wrong.at(1));
  CHECK_FALSE(window.wrong.at(0));
}

TEST_CASE("A window whose parts do not fit is none", "[window]") {
  CHECK_SAME(tito::window_of(json::object()).columns, 0U);
  CHECK_SAME(tito::window_of({{"window", "none"}}).columns, 0U);
  CHECK_SAME(with("shape", json::array()).columns, 0U);
  CHECK_SAME(with("shape", {5, -9}).columns, 0U);
  CHECK_SAME(with("shape", {5, 9, 1}).columns, 0U);  // another rank than the index
  CHECK_SAME(with("at", {1.5, 4}).columns, 0U);
  CHECK_SAME(with("row", -1).columns, 0U);
  CHECK_SAME(with("column", "3").columns, 0U);
  CHECK_SAME(with("columns", 0).columns, 0U);
  CHECK_SAME(with("columns", 4).columns, 0U);  // six elements are no rows of four
  CHECK_SAME(with("columns", 1'000'000'000).columns, 0U);
  CHECK_SAME(with("expected", {"1", "2", "3"}).columns, 0U);
  CHECK_SAME(with("actual", {1, 2, 3, 4, 5, 6}).columns, 0U);
  CHECK_SAME(with("wrong", {true}).columns, 0U);
  CHECK_SAME(with("expected", std::vector<std::string>(66, "1")).columns, 0U);
}

TEST_CASE("The texts of a window are short and hold nothing that moves the cursor", "[window]") {
  const TensorWindow window = with("actual", {"1", "\x1b[2J\n20", std::string(1000, '7'), "4", "\xc3\xa9", "6"});
  REQUIRE(window.columns == 3);
  CHECK_SAME(window.actual.at(2).size(), 24U);
  for (const std::string& text : window.actual) {
    for (const char c : text) CHECK((c >= ' ' && c <= '~'));
  }
}

TEST_CASE("A grid names rows and columns by their indices and marks what differs", "[window]") {
  const std::vector<std::string> lines = drawn(tito::window_of(failure()), 80);
  CHECK_SAME(lines, (std::vector<std::string>{"      3    4    5", " 1    1  <20>   3", " 2    4    5    6"}));
}

TEST_CASE("A narrow grid leaves out columns, never that of the first difference", "[window]") {
  const TensorWindow window = tito::window_of(failure());
  for (int width = 0; width < 40; ++width) {
    const std::vector<std::string> lines = drawn(window, width);
    INFO("width " << width);
    for (const std::string& line : lines) CHECK(static_cast<int>(line.size()) <= width);
    if (!lines.empty()) CHECK_CONTAINS(lines.at(1), "<20>");
  }
  CHECK(drawn(window, 7).empty());
  CHECK_SAME(drawn(window, 8).size(), 3U);
}

TEST_CASE("A vector has one row, without an index of its own", "[window]") {
  json event = failure();
  event["window"] = {{"shape", {3}},
                     {"at", {1}},
                     {"row", 0},
                     {"column", 0},
                     {"columns", 3},
                     {"expected", {"1", "2", "3"}},
                     {"actual", {"1", "0", "3"}},
                     {"wrong", {false, true, false}}};
  CHECK_SAME(drawn(tito::window_of(event), 80), (std::vector<std::string>{"  0   1   2", "  1  <0>  3"}));
}

TEST_CASE("A failure fits a terminal of 40 columns, with the values around the first difference",
          "[window][limit:60]") {
  Sandbox box(TEST_KIT);
  box.init();
  CHECK_SAME(box.tito({"dev", "fill", "activations"}).status, 0);
  box.edit("modules/03_activations/activations.cpp", "std::exp(x[i] - largest)", "std::exp(x[i] + largest)");
  const Tmux terminal(box, 40, 60);
  terminal.type("TITO_KIT=" TEST_KIT " tito module test activations");
  CHECK(terminal.shows("repeat it:"));
  const std::vector<std::string> rows = terminal.rows();
  const auto row_with = [&](const std::string& start) {
    return std::find_if(rows.begin(), rows.end(), [&](const std::string& row) { return row.starts_with(start); });
  };
  INFO(terminal.text());
  const auto actual = row_with("      actual "), where = row_with("      where ");
  REQUIRE(actual != rows.end());
  REQUIRE(where != rows.end());
  CHECK_CONTAINS(*(actual + 1), "nan>");
  // What follows is wrapped between words, below its beginning.
  CHECK((where + 1)->starts_with(std::string(17, ' ')));
  CHECK(where->find_last_not_of(' ') < 40);
}

TEST_CASE("Where there is no terminal COLUMNS says how wide it is, and nonsense is 80", "[window]") {
  Sandbox box;
  box.init();
  const auto lines = [&](const std::string& columns) {
    const Run run = box.tito({"hint", "count_to", "--all"}, {"COLUMNS=" + columns});
    CHECK_SAME(run.status, 0);
    std::vector<std::string> found;  // of the hints, which begin with two blanks
    std::istringstream text(run.out);
    for (std::string line; std::getline(text, line);) {
      if (line.starts_with("  ") && !contains(line, "no further hint")) found.push_back(line);
    }
    return found;
  };
  const auto widest = [&](const std::string& columns) {
    std::size_t most = 0;
    for (const std::string& line : lines(columns)) most = std::max(most, line.size());
    return most;
  };
  CHECK(widest("40") <= 40);
  CHECK(lines("40").size() > lines("100").size());
  CHECK(widest("100") > 80);
  for (const std::string nonsense : {"7", "0", "-40", "many", "100000", ""}) {
    INFO("COLUMNS=" << nonsense);
    CHECK(lines(nonsense) == lines("80"));
  }
}
