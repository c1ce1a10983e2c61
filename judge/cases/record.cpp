#include "judge/cases/record.hpp"

#include <unistd.h>

#include <cmath>

#include "course/not_written.hpp"
#include "judge/cases/events.hpp"

namespace judge {
namespace {

using nlohmann::json;

int record_descriptor = -1;

}  // namespace

void open_record(int descriptor) { record_descriptor = descriptor; }

void write_event(const json& event) {
  if (record_descriptor < 0) return;
  const std::string line = event.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
  std::size_t done = 0;
  while (done < line.size()) {
    const ssize_t wrote = ::write(record_descriptor, line.data() + done, line.size() - done);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return;  // the reader is gone; it will notice that the record is short
    done += static_cast<std::size_t>(wrote);
  }
}

json not_written(const std::exception& error) {
  const auto* stub = dynamic_cast<const course::NotWritten*>(&error);
  return stub == nullptr ? json() : json{{"module", stub->module()}, {"function", stub->function()}};
}

void write_stopped(const std::exception& error, const std::string& row) {
  json event = {{"event", "stopped"}, {"message", error.what()}};
  if (!row.empty()) event["case"] = row;
  if (json stub = not_written(error); !stub.is_null()) event["not_written"] = std::move(stub);
  write_event(event);
}

void measure(const std::string& name, double value, const std::string& unit) {
  // JSON has no infinities; null says that the figure is not a number.
  write_event({{"event", "measure"},
               {"name", name},
               {"unit", unit},
               {"value", std::isfinite(value) ? json(value) : json(nullptr)}});
}

}  // namespace judge
