// What the record holds of an exception.
#include "judge/cases/record.hpp"

#include <unistd.h>

#include <stdexcept>

#include "judge/cases/case.hpp"
#include "judge/cases/events.hpp"
#include "tests/fixtures/toy/include/toy/count.hpp"
#include "tinytorch/errors.hpp"

namespace {

using nlohmann::json;

// What is written into the record as a program or a row of it ends by the exception.
json stopped(const std::exception& error, const std::string& row = "") {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  judge::open_record(ends[1]);
  judge::write_stopped(error, row);
  judge::open_record(-1);
  char line[4096];
  const ssize_t size = ::read(ends[0], line, sizeof line);
  for (const int end : ends) ::close(end);
  REQUIRE(size > 0);
  return json::parse(std::string(line, static_cast<std::size_t>(size)));
}

}  // namespace

TEST_CASE("The record names the function that is not written yet, of every course", "[record]") {
  CHECK_SAME(stopped(tinytorch::NotImplemented("tensor", "Tensor::at")),
             (json{{"event", "stopped"},
                   {"message", "Tensor::at is not written yet (module tensor)"},
                   {"not_written", {{"module", "tensor"}, {"function", "Tensor::at"}}}}));
  CHECK_SAME(stopped(toy::NotImplemented("count", "evens"), "evens of many"),
             (json{{"event", "stopped"},
                   {"case", "evens of many"},
                   {"message", "evens is not written yet (module count)"},
                   {"not_written", {{"module", "count"}, {"function", "evens"}}}}));
}

TEST_CASE("Of any other exception the record holds the message alone, whatever that says", "[record]") {
  for (const char* message : {"evens is not written yet (module count)", "", "two\nlines"}) {
    CHECK_SAME(stopped(tinytorch::ValueError(message)), (json{{"event", "stopped"}, {"message", message}}));
    CHECK(judge::not_written(std::runtime_error(message)).is_null());
  }
}
