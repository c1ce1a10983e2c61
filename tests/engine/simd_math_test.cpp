// Functions of a vector of floats against the standard library in double precision.
#include "../fixtures/simd_math.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>
#include <limits>
#include <numbers>
#include <random>
#include <string>
#include <vector>

#include "judge/cases/case.hpp"

using simd_math::Values;

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float largest = std::numeric_limits<float>::max();
constexpr float smallest = std::numeric_limits<float>::denorm_min();

using Rule = std::function<double(double)>;

double distribution(double x) { return std::erfc(-x / std::numbers::sqrt2) / 2; }
double density(double x) { return std::exp(-x * x / 2) / std::sqrt(2 * std::numbers::pi); }

// Floats of every size and sign between two bounds, the same share of each power of two.
Values floats_between(float low, float high, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  Values values{low, high};
  while (values.size() < 400001) {  // no multiple of any vector's length
    const auto value = std::bit_cast<float>(static_cast<std::uint32_t>(random()));
    if (value >= low && value <= high) values.push_back(value);
  }
  return values;
}

// The distance between neighbouring floats around `value`.
double unit(double value) {
  int exponent = 0;
  std::frexp(value, &exponent);
  return std::ldexp(1.0, std::max(exponent - 24, -149));
}

// The first result that is further from the rule's than `units`, or nothing.
std::string mistake(const Values& x, const Values& y, const Rule& rule, double units) {
  if (x.size() != y.size()) return "lost some";
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double wanted = rule(static_cast<double>(x[i]));
    const bool too_large = std::fabs(wanted) > static_cast<double>(largest);
    const bool right = too_large ? y[i] == static_cast<float>(wanted)
                                 : std::fabs(static_cast<double>(y[i]) - wanted) <= units * unit(wanted);
    if (!right) return "of " + std::to_string(x[i]) + ": " + std::to_string(y[i]) + ", not " + std::to_string(wanted);
  }
  return "";
}

bool all_nan(const Values& values) {
  for (const float value : values) {
    if (!std::isnan(value)) return false;
  }
  return !values.empty();
}

}  // namespace

TEST_CASE("exp of a vector is right to one and a half units in the last place", "[simd_math]") {
  const Values any = floats_between(-largest, largest, judge::seed());
  CHECK_SAME(mistake(
                 any, simd_math::exp(any), [](double x) { return std::exp(x); }, 1.5),
             "");
  const Values usual = floats_between(-104, 89, judge::seed());
  CHECK_SAME(mistake(
                 usual, simd_math::exp(usual), [](double x) { return std::exp(x); }, 1.5),
             "");
}

TEST_CASE("exp of a vector takes the part of an argument that does not fit into a float", "[simd_math]") {
  // Half the distance between the floats around 60: added to it, this part would be rounded away.
  const Values x(37, 60.0F);
  const Values low(37, 1.9e-6F);
  const Values y = simd_math::exp_of_sum(x, low);
  CHECK_SAME(mistake(
                 x, y, [](double v) { return std::exp(v + static_cast<double>(1.9e-6F)); }, 1.5),
             "");
  CHECK(y[0] > simd_math::exp(x)[0]);
}

TEST_CASE("tanh of a vector is right to three units in the last place", "[simd_math]") {
  const Values x = floats_between(-largest, largest, judge::seed());
  CHECK_SAME(mistake(
                 x, simd_math::tanh(x), [](double v) { return std::tanh(v); }, 3),
             "");
  const Values usual = floats_between(-10, 10, judge::seed());
  CHECK_SAME(mistake(
                 usual, simd_math::tanh(usual), [](double v) { return std::tanh(v); }, 3),
             "");
}

TEST_CASE("log1p of a vector is right to three units in the last place from 0 to 1", "[simd_math]") {
  const Values x = floats_between(0, 1, judge::seed());
  CHECK_SAME(mistake(
                 x, simd_math::log1p(x), [](double v) { return std::log1p(v); }, 3),
             "");
}

TEST_CASE("The normal distribution of a vector is right to eight units in its last place, far below 0 too",
          "[simd_math]") {
  const Values any = floats_between(-largest, largest, judge::seed());
  CHECK_SAME(mistake(any, simd_math::normal_distribution(any), distribution, 8), "");
  CHECK_SAME(mistake(any, simd_math::normal_density(any), density, 3), "");
  const Values usual = floats_between(-14, 14, judge::seed());
  CHECK_SAME(mistake(usual, simd_math::normal_distribution(usual), distribution, 8), "");
  CHECK_SAME(mistake(usual, simd_math::normal_density(usual), density, 3), "");
}

TEST_CASE("Functions of a vector take the values that are no ordinary numbers", "[simd_math]") {
  CHECK_SAME(simd_math::exp({0, -0.0F, smallest, infinity, -infinity, 1000, -1000, largest, -largest}),
             (Values{1, 1, 1, infinity, 0, infinity, 0, infinity, 0}));
  CHECK_SAME(simd_math::tanh({0, smallest, -smallest, infinity, -infinity, 1000, -1000}),
             (Values{0, smallest, -smallest, 1, -1, 1, -1}));
  CHECK(std::signbit(simd_math::tanh({-0.0F})[0]));
  CHECK_SAME(simd_math::log1p({0}), (Values{0}));
  CHECK_SAME(simd_math::normal_distribution({infinity, -infinity, 1000, -1000, largest, -largest}),
             (Values{1, 0, 1, 0, 1, 0}));
  CHECK_SAME(simd_math::normal_density({infinity, -infinity, largest, -largest}), (Values{0, 0, 0, 0}));
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const Values none{nan, -nan, nan};
  CHECK(all_nan(simd_math::exp(none)));
  CHECK(all_nan(simd_math::tanh(none)));
  CHECK(all_nan(simd_math::log1p(none)));
  CHECK(all_nan(simd_math::normal_distribution(none)));
  CHECK(all_nan(simd_math::normal_density(none)));
}

TEST_CASE("exp of a vector loses precision gradually below the smallest normal float", "[simd_math]") {
  for (const float x : {-88.0F, -95.0F, -100.0F, -103.0F}) {
    const float y = simd_math::exp({x})[0];
    CHECK(y > 0);
    CHECK(std::fabs(static_cast<double>(y) - std::exp(static_cast<double>(x))) <= std::ldexp(1.0, -149));
  }
}

TEST_CASE("The sum and the largest of a vector's lanes stand in every lane", "[simd_math]") {
  const auto lanes = static_cast<std::size_t>(simd_math::lanes());
  for (std::size_t place = 0; place < lanes; ++place) {
    Values vector(lanes);
    float sum = 0;
    for (std::size_t i = 0; i < lanes; ++i) sum += vector[i] = -1.0F - static_cast<float>(i);
    CHECK_SAME(simd_math::sum_of(vector), Values(lanes, sum));
    vector[place] = -0.5F;
    CHECK_SAME(simd_math::largest_of(vector), Values(lanes, -0.5F));
  }
}

TEST_CASE("A part of a vector touches no memory behind it", "[simd_math]") {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  void* pages = ::mmap(nullptr, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  REQUIRE(pages != MAP_FAILED);
  REQUIRE(::mprotect(static_cast<char*>(pages) + page, page, PROT_NONE) == 0);
  float* end = reinterpret_cast<float*>(static_cast<char*>(pages) + page);

  const std::int64_t lanes = simd_math::lanes();
  Values vector(static_cast<std::size_t>(lanes));
  for (std::size_t i = 0; i < vector.size(); ++i) vector[i] = 1.0F + static_cast<float>(i);
  for (std::int64_t count = 0; count <= lanes; ++count) {
    INFO(count << " of " << lanes);
    end[-count - 1] = 99;
    simd_math::store_first(end - count, vector, count);
    CHECK(end[-count - 1] == 99);
    Values wanted(vector.begin(), vector.begin() + count);
    CHECK_SAME(Values(end - count, end), wanted);
    wanted.resize(vector.size(), -7.0F);
    CHECK_SAME(simd_math::load_first(end - count, count, -7.0F), wanted);
  }

  Values around(vector.size() + 1, 99.0F);
  simd_math::store_first(around.data(), vector, 3);
  CHECK_SAME(Values(around.begin(), around.begin() + 4), (Values{1, 2, 3, 99}));
  ::munmap(pages, 2 * page);
}
