// Any file at all, read as CIFAR-10's records.
#include <algorithm>

#include "fuzz.hpp"
#include "io/cifar.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t pixels = 3 * 32 * 32;
  const fuzz::Input input(data, size);
  const auto images =
      fuzz::read_within(fuzz::cifar_bound, size, [&] { return tinytorch::io::read_cifar(input.path()); });
  if (!images) return 0;
  const std::size_t count = images->labels.size();
  fuzz::require(count > 0 && count * (1 + pixels) == size, "the file is whole records");
  fuzz::require(images->pixels.size() == count * pixels, "each has its pixels");
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint8_t* const record = data + i * (1 + pixels);
    fuzz::require(images->labels[i] == record[0] && record[0] <= 9, "the labels are the file's, 0 to 9");
    fuzz::require(std::equal(record + 1, record + 1 + pixels, images->pixels.data() + i * pixels),
                  "the pixels are the file's");
  }
  return 0;
}
