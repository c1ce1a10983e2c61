#include "judge/record.hpp"

#include <unistd.h>

#include <cmath>
#include <nlohmann/json.hpp>

namespace judge {
namespace {

int record_descriptor = -1;

}  // namespace

void open_record(int descriptor) { record_descriptor = descriptor; }

void write_record(const std::string& json) {
  if (record_descriptor < 0) return;
  const std::string line = json + "\n";
  std::size_t done = 0;
  while (done < line.size()) {
    const ssize_t wrote = ::write(record_descriptor, line.data() + done, line.size() - done);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return;  // the reader is gone; it will notice that the record is short
    done += static_cast<std::size_t>(wrote);
  }
}

void measure(const std::string& name, double value, const std::string& unit) {
  nlohmann::json line = {{"event", "measure"}, {"name", name}, {"unit", unit}};
  // JSON has no infinities; null says that the figure is not a number.
  line["value"] = std::isfinite(value) ? nlohmann::json(value) : nlohmann::json(nullptr);
  write_record(line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

}  // namespace judge
