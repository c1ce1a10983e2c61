// What tito reads from a record, which may be forged.
#include "tito/toolchain/record.hpp"

#include <nlohmann/json.hpp>

#include "tests/support/tito.hpp"

using nlohmann::json;

TEST_CASE("A function that is not written yet is read from its field, and from no message", "[record]") {
  const auto found = tito::not_written_of({{"not_written", {{"module", "count"}, {"function", "evens"}}}});
  REQUIRE(found);
  CHECK_SAME(found->module, "count");
  CHECK_SAME(found->function, "evens");
  for (const json& forged :
       {json(nullptr), json(true), json("evens"), json::array({"count", "evens"}), json::object(),
        json{{"module", "count"}}, json{{"module", "count"}, {"function", 7}}, json{{"function", ""}}}) {
    INFO(forged.dump());
    CHECK_FALSE(
        tito::not_written_of({{"message", "evens is not written yet (module count)"}, {"not_written", forged}}));
  }
  const auto drawn = tito::not_written_of(
      {{"not_written", {{"module", "a\nb"}, {"function", "\x1b[2J" + std::string(100'000, 'x')}}}});
  REQUIRE(drawn);
  CHECK_SAME(drawn->module, "a b");
  CHECK(drawn->function.find('\x1b') == std::string::npos);
  CHECK(drawn->function.size() < 1000);
}

TEST_CASE("A message that reads like a stub's is no stub", "[record][limit:60]") {
  Sandbox box;
  box.init(true);
  box.edit("modules/01_count/count.cpp", "if (n < 0) throw",
           "throw std::invalid_argument(\"count_to is not written yet (module count)\"); if (n < 0) throw");
  const json rows = box.tito({"bench", "01", "--json", "--seconds", "0.1"}).json().at("rows");
  CHECK_SAME(rows.at(0).at("yours").at("status"), "stopped");
}
