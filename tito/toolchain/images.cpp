#include "tito/toolchain/images.hpp"

#include <functional>

#include "tito/system/failure.hpp"
#include "tito/system/json.hpp"
#include "tito/system/text.hpp"
#include "tito/toolchain/process.hpp"

namespace tito {
namespace {

constexpr double limit_seconds = 120;

std::vector<std::string> command_for(const Kit& kit, const ImageLayout& layout, const std::vector<ImagePart>& parts) {
  std::vector<std::string> words{kit.program("images").string(), layout.format};
  for (const int extent : layout.image) words.push_back(std::to_string(extent));
  words.push_back(std::to_string(layout.classes));
  for (const ImagePart& part : parts) {
    words.insert(words.end(), {"--part", part.name});
    for (const auto& file : part.files) words.push_back(std::filesystem::absolute(file).string());
  }
  return words;
}

// Runs the program; its record must be whole.
void run_reader(const Kit& kit, const std::vector<std::string>& command,
                const std::function<void(const std::string& kind, const JsonView& event)>& on_event) {
  bool finished = false;
  std::string problem;
  ProcessOptions options;
  options.limit_seconds = limit_seconds;
  options.student_code = true;  // for its limits: the files may hold anything
  options.limit_memory = !kit.is_sanitized();
  options.on_record = [&](const std::string& line) {
    const json event = parse_json(line, "the record of the images");
    const JsonView view(event, "the record of the images");
    const std::string& kind = view["event"].text();
    if (kind == "finish") finished = true;
    if (kind == "error") problem = printable(view["message"].text());
    if (kind != "finish" && kind != "error") on_event(kind, view);
  };
  const ProcessResult result = run_process(command, options);
  if (!problem.empty()) throw Failure(Exit::damaged, problem);
  if (finished && result.succeeded()) return;
  const std::string how = result.timed_out     ? "did not end"
                          : result.signal != 0 ? "was ended by " + signal_name(result.signal)
                                               : "ended with exit status " + std::to_string(result.exit_status);
  throw Failure(Exit::environment, "the images cannot be read: " + command[0] + " " + how, printable(result.output));
}

std::uint8_t hex_digit(char c, const JsonView& text) {
  if (c >= '0' && c <= '9') return static_cast<std::uint8_t>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<std::uint8_t>(c - 'a' + 10);
  text.fail("expected hexadecimal digits");
}

void append_bytes(const JsonView& text, std::vector<std::uint8_t>& to) {
  const std::string& digits = text.text();
  if (digits.size() % 2 != 0) text.fail("expected two digits a byte");
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    to.push_back(static_cast<std::uint8_t>(hex_digit(digits[i], text) << 4U | hex_digit(digits[i + 1], text)));
  }
}

template <class T, class Read>
std::vector<T> list_of(const JsonView& list, Read read) {
  std::vector<T> all;
  for (std::size_t i = 0; i < list.array().size(); ++i) all.push_back(static_cast<T>(read(list.at(i))));
  return all;
}

PartStatistics read_statistics(const JsonView& event) {
  const auto whole = [](const JsonView& one) { return one.integer(); };
  const auto number = [](const JsonView& one) { return one.number(); };
  PartStatistics part;
  part.name = event["name"].text();
  part.first_labels = list_of<int>(event["first_labels"], whole);
  part.counts = list_of<std::int64_t>(event["counts"], whole);
  part.mean = list_of<double>(event["mean"], number);
  part.deviation = list_of<double>(event["deviation"], number);
  return part;
}

}  // namespace

ChosenImages read_images(const Kit& kit, const ImageLayout& layout, const ImagePart& part, const ImageChoice& choice) {
  std::vector<std::string> command = command_for(kit, layout, {part});
  command.insert(command.end(),
                 {"--show", std::to_string(choice.first), std::to_string(choice.count), std::to_string(choice.label)});
  ChosenImages chosen;
  run_reader(kit, command, [&](const std::string& kind, const JsonView& event) {
    if (kind == "part") chosen.in_part = event["images"].integer();
    if (kind == "image")
      chosen.images.push_back({event["index"].integer(), static_cast<int>(event["label"].integer()), {}});
    if (kind == "pixels" && !chosen.images.empty()) append_bytes(event["hex"], chosen.images.back().pixels);
  });
  const auto size = static_cast<std::size_t>(layout.image[0]) * static_cast<std::size_t>(layout.image[1]) *
                    static_cast<std::size_t>(layout.image[2]);
  for (const LabelledImage& image : chosen.images) {
    if (image.pixels.size() != size || image.label < 0 || image.label >= layout.classes)
      throw Failure(Exit::damaged, "the record of the images is not whole");
  }
  return chosen;
}

std::vector<PartStatistics> image_statistics(const Kit& kit, const ImageLayout& layout,
                                             const std::vector<ImagePart>& parts) {
  std::vector<std::string> command = command_for(kit, layout, parts);
  command.emplace_back("--statistics");
  std::vector<PartStatistics> statistics;
  std::int64_t images = 0;
  run_reader(kit, command, [&](const std::string& kind, const JsonView& event) {
    if (kind == "part") images = event["images"].integer();
    if (kind != "statistics") return;
    statistics.push_back(read_statistics(event));
    statistics.back().images = images;
  });
  return statistics;
}

}  // namespace tito
