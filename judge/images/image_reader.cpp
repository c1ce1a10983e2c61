// images FORMAT CHANNELS ROWS COLUMNS CLASSES {--part NAME FILE..}.. REQUEST --record FD
//
// Reads parts of a data set (judge/images/images.hpp) for tito, which links no reader. REQUEST is one of
//   --show FIRST COUNT CLASS   of the first part, from image FIRST on: the next COUNT images of a class, -1: of any
//   --statistics               of every part
//
// The record has one JSON object a line:
//   {"event":"part","name":"train","images":N}                      what was read
//   {"event":"image","index":I,"label":L}                           --show, and behind it in as many pieces as it takes
//   {"event":"pixels","hex":"00ff.."}                               (C, H, W)
//   {"event":"statistics","name":"train","first_labels":[..],"counts":[..],"mean":[..],"deviation":[..]}
//   {"event":"error","message":".."}                                and nothing more
//   {"event":"finish"}
// counts: images of each class. mean, deviation: of each channel's pixels in [0, 1], over the whole part; the deviation
// is that of all pixels, not an estimate from a sample. Without images both are empty.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "judge/cases/events.hpp"
#include "judge/cases/record.hpp"
#include "judge/images/images.hpp"

namespace {

using judge::write_event;

constexpr std::size_t max_bytes_a_line = 1 << 18;  // tito reads lines of at most 1 MiB
constexpr std::size_t first_labels = 10;

struct Part {
  std::string name;
  std::vector<std::string> files;
};

struct Request {
  judge::ImageLayout layout;
  std::vector<Part> parts;
  bool statistics = false;
  std::int64_t first = 0;
  std::int64_t count = 0;
  std::int64_t label = -1;
};

// The words of the command line, one after the other.
class Words {
 public:
  Words(int argc, char** argv) : words_(argv + 1, argv + argc) {}

  bool left() const { return at_ < words_.size(); }
  bool is_option() const { return left() && words_[at_].starts_with("--"); }

  std::string next() {
    if (!left()) throw std::invalid_argument("a word is missing at the end of the command line");
    return words_[at_++];
  }

  std::int64_t number() {
    const std::string word = next();
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (error != std::errc{} || end != word.data() + word.size())
      throw std::invalid_argument("expected a whole number, found \"" + word + "\"");
    return value;
  }

 private:
  std::vector<std::string> words_;
  std::size_t at_ = 0;
};

Request parse(Words words) {
  Request request;
  request.layout.format = words.next();
  for (std::int64_t& extent : request.layout.image) extent = words.number();
  request.layout.classes = words.number();
  while (words.left()) {
    const std::string option = words.next();
    if (option == "--part") {
      request.parts.push_back({words.next(), {}});
      while (words.left() && !words.is_option()) request.parts.back().files.push_back(words.next());
    } else if (option == "--show") {
      request.first = words.number();
      request.count = words.number();
      request.label = words.number();
    } else if (option == "--statistics") {
      request.statistics = true;
    } else if (option == "--record") {
      judge::open_record(static_cast<int>(words.number()));
    } else {
      throw std::invalid_argument("unknown option " + option);
    }
  }
  if (request.parts.empty()) throw std::invalid_argument("no --part is given");
  return request;
}

void report_pixels(const std::uint8_t* pixels, std::size_t count) {
  constexpr std::string_view digits = "0123456789abcdef";
  for (std::size_t begin = 0; begin < count; begin += max_bytes_a_line) {
    std::string hex;
    for (std::size_t i = begin; i < std::min(count, begin + max_bytes_a_line); ++i) {
      hex += digits[pixels[i] >> 4U];
      hex += digits[pixels[i] & 15U];
    }
    write_event({{"event", "pixels"}, {"hex", hex}});
  }
}

void show(const Request& request, const judge::LabelledImages& images) {
  std::int64_t left = request.count;
  for (std::int64_t i = std::max<std::int64_t>(0, request.first); i < images.size() && left > 0; ++i) {
    const std::int64_t label = images.labels[static_cast<std::size_t>(i)];
    if (request.label >= 0 && label != request.label) continue;
    write_event({{"event", "image"}, {"index", i}, {"label", label}});
    report_pixels(images.pixels.data() + i * request.layout.pixels(),
                  static_cast<std::size_t>(request.layout.pixels()));
    --left;
  }
}

// How often each value stands in one channel: all that its mean and deviation need, and exact.
std::array<std::int64_t, 256> values_of_channel(const judge::ImageLayout& layout, const judge::LabelledImages& images,
                                                std::int64_t channel) {
  std::array<std::int64_t, 256> counts{};
  const std::int64_t plane = layout.image[1] * layout.image[2];
  for (std::int64_t i = 0; i < images.size(); ++i) {
    const std::uint8_t* begin = images.pixels.data() + i * layout.pixels() + channel * plane;
    for (const std::uint8_t* at = begin; at != begin + plane; ++at) ++counts[*at];
  }
  return counts;
}

void report_statistics(const judge::ImageLayout& layout, const std::string& name, const judge::LabelledImages& images) {
  std::vector<std::int64_t> counts(static_cast<std::size_t>(layout.classes));
  for (const std::uint8_t label : images.labels) ++counts[label];
  std::vector<double> means, deviations;
  const auto total = static_cast<double>(images.size() * layout.image[1] * layout.image[2]);
  for (std::int64_t channel = 0; channel < layout.image[0] && total > 0; ++channel) {
    const std::array<std::int64_t, 256> values = values_of_channel(layout, images, channel);
    double mean = 0, variance = 0;
    for (std::size_t v = 0; v < values.size(); ++v)
      mean += static_cast<double>(v) / 255 * static_cast<double>(values[v]) / total;
    for (std::size_t v = 0; v < values.size(); ++v) {
      const double distance = static_cast<double>(v) / 255 - mean;
      variance += distance * distance * static_cast<double>(values[v]) / total;
    }
    means.push_back(mean);
    deviations.push_back(std::sqrt(variance));
  }
  const auto end = images.labels.begin() + std::min<std::int64_t>(first_labels, images.size());
  write_event({{"event", "statistics"},
               {"name", name},
               {"first_labels", std::vector<int>(images.labels.begin(), end)},
               {"counts", counts},
               {"mean", means},
               {"deviation", deviations}});
}

void answer(const Request& request) {
  for (const Part& part : request.parts) {
    const judge::LabelledImages images = judge::read_images(request.layout, part.files);
    write_event({{"event", "part"}, {"name", part.name}, {"images", images.size()}});
    if (!request.statistics) return show(request, images);
    report_statistics(request.layout, part.name, images);
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    answer(parse(Words(argc, argv)));
    write_event({{"event", "finish"}});
    return EXIT_SUCCESS;
  } catch (const std::bad_alloc&) {
    write_event({{"event", "error"}, {"message", "there is not enough memory for the images"}});
  } catch (const std::exception& error) {
    write_event({{"event", "error"}, {"message", error.what()}});
  }
  return EXIT_FAILURE;
}
