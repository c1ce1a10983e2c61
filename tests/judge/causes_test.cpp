// Likely causes fit the mistake they describe, and nothing else.
#include "judge/causes/causes.hpp"

#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <random>
#include <set>

#include "judge/cases/case.hpp"

using judge::Compared;
using judge::likely_cause;
using tinytorch::Shape;

namespace {

using Random = std::mt19937_64;
using Values = std::vector<double>;

Values random_values(std::int64_t count, Random& random) {
  std::uniform_real_distribution<double> value(-9, 9);
  Values values(static_cast<std::size_t>(count));
  for (double& one : values) {
    do one = value(random);
    while (std::abs(one) < 0.05);
  }
  return values;
}

std::int64_t extent(Random& random) { return std::uniform_int_distribution<std::int64_t>(4, 8)(random); }

// What a mistake makes of a matrix of N rows and M columns: a rule for the element in row i and column j.
using Rule = std::function<double(const Values& e, std::int64_t i, std::int64_t j, std::int64_t N, std::int64_t M)>;

double at(const Values& e, std::int64_t i, std::int64_t j, std::int64_t M) {
  return e[static_cast<std::size_t>(i * M + j)];
}

std::string pattern_of(const Shape& shape, const Values& actual, const Values& expected) {
  return likely_cause(Compared{shape, actual, expected}).pattern;
}

std::string pattern_of(const Rule& rule, const Values& expected, std::int64_t N, std::int64_t M) {
  Values actual;
  for (std::int64_t i = 0; i < N; ++i) {
    for (std::int64_t j = 0; j < M; ++j) actual.push_back(rule(expected, i, j, N, M));
  }
  return pattern_of({N, M}, actual, expected);
}

const std::map<std::string, Rule> rules{
    {"not a number", [](auto& e, auto i, auto j, auto, auto M) { return i == 1 ? std::nan("") : at(e, i, j, M); }},
    {"infinite", [](auto& e, auto i, auto j, auto, auto M) { return j == 1 ? HUGE_VAL : at(e, i, j, M); }},
    {"never written", [](auto& e, auto i, auto j, auto, auto M) { return j == 1 ? 1.4e-41 : at(e, i, j, M); }},
    {"all zero", [](auto&, auto, auto, auto, auto) { return 0.0; }},
    {"factor", [](auto& e, auto i, auto j, auto N, auto M) { return at(e, i, j, M) / static_cast<double>(N); }},
    {"negated", [](auto& e, auto i, auto j, auto, auto M) { return -at(e, i, j, M); }},
    {"offset", [](auto& e, auto i, auto j, auto, auto M) { return at(e, i, j, M) + 0.75; }},
    {"bias",
     [](auto& e, auto i, auto j, auto, auto M) { return at(e, i, j, M) - 0.5 - std::sqrt(static_cast<double>(j)); }},
    {"error of a row",
     [](auto& e, auto i, auto j, auto, auto M) { return at(e, i, j, M) + 0.5 + std::sqrt(static_cast<double>(i)); }},
    {"factor of a row",
     [](auto& e, auto i, auto j, auto, auto M) { return at(e, i, j, M) * (1.5 + std::sqrt(static_cast<double>(i))); }},
    {"transposed", [](auto& e, auto i, auto j, auto N, auto M) { return at(e, (i * M + j) % N, (i * M + j) / N, M); }},
    {"reversed", [](auto& e, auto i, auto j, auto, auto M) { return at(e, i, M - 1 - j, M); }},
    {"shifted", [](auto& e, auto i, auto j, auto N, auto M) { return i + 1 < N ? at(e, i + 1, j, M) : 9.0; }},
    {"repeated", [](auto& e, auto, auto j, auto, auto M) { return at(e, 0, j, M); }},
    {"running total",
     [](auto& e, auto i, auto j, auto, auto M) {
       double sum = 0;
       for (std::int64_t k = 0; k <= j; ++k) sum += at(e, i, k, M);
       return sum;
     }},
    {"absolute values", [](auto& e, auto i, auto j, auto, auto M) { return std::abs(at(e, i, j, M)); }},
    {"clipped", [](auto& e, auto i, auto j, auto, auto M) { return std::max(0.0, at(e, i, j, M)); }},
    {"whole numbers", [](auto& e, auto i, auto j, auto, auto M) { return std::trunc(at(e, i, j, M)); }},
    {"powers", [](auto& e, auto i, auto j, auto, auto M) { return std::pow(at(e, i, j, M), 2); }},
    {"holes", [](auto& e, auto i, auto j, auto, auto M) { return (i + j) % 3 == 0 ? 0.0 : at(e, i, j, M); }},
    {"border",
     [](auto& e, auto i, auto j, auto N, auto M) {
       return i == 0 || j == 0 || i + 1 == N || j + 1 == M
                  ? at(e, i, j, M) * static_cast<double>(2 + j) + static_cast<double>(i) + 0.1
                  : at(e, i, j, M);
     }},
    {"one end", [](auto& e, auto i, auto j, auto N,
                   auto M) { return i + 1 == N ? at(e, i, j, M) * static_cast<double>(2 + j) + 0.1 : at(e, i, j, M); }},
};

}  // namespace

TEST_CASE("Each pattern of values fits the mistake it is about, on random matrices", "[causes]") {
  Random random(judge::seed());
  for (const auto& [name, rule] : rules) {
    for (int round = 0; round < 30; ++round) {
      const std::int64_t N = extent(random), M = extent(random);
      INFO(name << " with " << N << " rows and " << M << " columns, seed " << judge::seed());
      CHECK_SAME(pattern_of(rule, random_values(N * M, random), N, M), name);
    }
  }
}

TEST_CASE("Softmax along the wrong axis and forgotten masks are recognised", "[causes]") {
  Random random(judge::seed());
  for (int round = 0; round < 30; ++round) {
    const std::int64_t N = extent(random), M = extent(random);
    const Values logits = random_values(N * M, random);
    Values rows(logits.size()), columns(logits.size());
    for (std::int64_t i = 0; i < N; ++i) {
      for (std::int64_t j = 0; j < M; ++j) {
        double row = 0, column = 0;
        for (std::int64_t k = 0; k < M; ++k) row += std::exp(at(logits, i, k, M));
        for (std::int64_t k = 0; k < N; ++k) column += std::exp(at(logits, k, j, M));
        const auto here = static_cast<std::size_t>(i * M + j);
        rows[here] = std::exp(logits[here]) / row;
        columns[here] = std::exp(logits[here]) / column;
      }
    }
    CHECK_SAME(pattern_of({N, M}, columns, rows), "another softmax");
    Values masked = logits;
    for (std::size_t i = 0; i < masked.size(); i += 2) masked[i] = 0;
    CHECK_SAME(pattern_of({N, M}, logits, masked), "mask");
    Values shuffled = logits;
    std::swap(shuffled[0], shuffled[4]);
    std::swap(shuffled[1], shuffled[5]);
    std::swap(shuffled[2], shuffled[7]);
    CHECK_SAME(pattern_of({N, M}, shuffled, logits), "another order");
  }
}

TEST_CASE("No pattern fits values that have nothing to do with the expected ones", "[causes]") {
  Random random(judge::seed());
  std::uniform_int_distribution<std::int64_t> any(1, 5);
  for (int round = 0; round < 3000; ++round) {
    Shape shape;
    for (std::int64_t axis = any(random) % 4; axis >= 0; --axis) shape.push_back(any(random));
    if (shape.numel() == 1) continue;  // one number in a hundred thousand agrees with a rule
    const Values actual = random_values(shape.numel(), random), expected = random_values(shape.numel(), random);
    INFO("shape " << shape.to_string() << ", seed " << judge::seed());
    CHECK_SAME(pattern_of(shape, actual, expected), "");
  }
}

TEST_CASE("Too few elements name no cause", "[causes]") {
  CHECK_SAME(pattern_of({1}, {2}, {1}), "");
  CHECK_SAME(pattern_of({2}, {2, 4}, {1, 2}), "");
  CHECK_SAME(pattern_of({2}, {-1, -2}, {1, 2}), "");
  CHECK_SAME(pattern_of({3}, {5, 5, 5}, {1, 1, 1}), "");
}

TEST_CASE("One or two numbers name a cause where they cannot agree with it by chance", "[causes]") {
  const auto of = [](const Values& actual, const Values& expected) {
    return pattern_of({static_cast<std::int64_t>(expected.size())}, actual, expected);
  };
  CHECK_SAME(of({-0.3217}, {0.3217}), "a sign");
  CHECK_SAME(of({0.6434, -4.6}, {0.3217, -2.3}), "a factor 2");
  CHECK_SAME(of({0.16085}, {0.3217}), "a factor 2");
  CHECK_SAME(of({32.17}, {0.3217}), "units");
  CHECK_SAME(of({0.3217}, {321.7}), "units");
  CHECK_SAME(of({0.3217 * 0.3217}, {0.3217}), "a power");
  CHECK_SAME(of({1 / 0.3217}, {0.3217}), "a power");
  CHECK_SAME(of({std::exp(0.3217)}, {0.3217}), "a logarithm");
  CHECK_SAME(of({std::log(0.3217)}, {0.3217}), "a logarithm");
  CHECK_SAME(of({2.31, 0.3217}, {0.3217, 2.31}), "exchanged");
  CHECK_SAME(of({std::nan("")}, {0.3217}), "not a number");
  CHECK_SAME(of({HUGE_VAL}, {0.3217}), "infinite");
  CHECK_SAME(of({0.6434, 2.3}, {0.3217, 2.3}), "");  // the second is right
  CHECK_SAME(of({0.5}, {0.25}), "");                 // would fit a root and a factor
  CHECK_SAME(of({0.7}, {0.3217}), "");
  CHECK_SAME(judge::cause_of_number(-0.3217, 0.3217, 1e-5, 1e-6).substr(0, 17), "the sign is wrong");
  CHECK_SAME(judge::cause_of_number(-0.3217, 0.3217, 0.5, 0.5), "");  // what is allowed is too much to see anything
}

TEST_CASE("Where two patterns explain the same values, none is named", "[causes]") {
  CHECK_SAME(pattern_of({4}, {2, 3, 4, 5}, {1, 2, 3, 4}), "");  // shifted, or one too large
}

TEST_CASE("A factor is named after what it is", "[causes]") {
  const Values expected{1, 2, 3, 5, 7, 11, 13, 17, 19, 23};
  const auto sentence = [&](double factor, std::int64_t batch) {
    Values actual;
    for (const double value : expected) actual.push_back(value * factor);
    return likely_cause(Compared{{2, 5}, actual, expected, 1e-5, 1e-6, batch}).sentence;
  };
  const auto holds = [&](const std::string& text, const std::string& part) {
    INFO(text);
    return text.find(part) != std::string::npos;
  };
  CHECK(holds(sentence(8, 8), "everywhere 8, the batch size, times too large"));
  CHECK(holds(sentence(1.0 / 8, 8), "everywhere 8, the batch size, times too small"));
  CHECK(holds(sentence(5, 0), "5, the extent of axis 1"));
  CHECK(holds(sentence(0.1, 0), "10, the number of elements, times too small"));
  CHECK(holds(sentence(std::sqrt(5), 0), "the square root of 5"));
  CHECK(holds(sentence(0.9, 0), "0.9 times what is expected"));
}

TEST_CASE("Shapes that are wrong in a well-known way name their cause", "[causes]") {
  const auto pattern = [](const Shape& actual, const Shape& expected) {
    return judge::likely_cause_of_shape(actual, expected).pattern;
  };
  CHECK_SAME(pattern({4, 1}, {4}), "an axis of extent 1");
  CHECK_SAME(pattern({4}, {1, 4}), "an axis of extent 1");
  CHECK_SAME(pattern({6, 3}, {3}), "an axis too many");
  CHECK_SAME(pattern({3}, {6, 3}), "an axis missing");
  CHECK_SAME(pattern({3, 2}, {2, 3}), "extents in another order");
  CHECK_SAME(pattern({2, 12}, {2, 3, 4}), "another arrangement");
  CHECK_SAME(pattern({2, 3, 6, 6}, {2, 3, 8, 8}), "images of another size");
  CHECK_SAME(pattern({2, 3}, {4, 5}), "");
  CHECK_SAME(pattern({2, 3, 4}, {5}), "");
}

TEST_CASE("A gradient that is not summed over the batch is summed, and the sum compared", "[causes]") {
  Random random(judge::seed());
  const std::int64_t N = extent(random), M = extent(random);
  const Values actual = random_values(N * M, random);
  Values sums(static_cast<std::size_t>(M), 0.0);
  for (std::size_t i = 0; i < actual.size(); ++i) sums[i % static_cast<std::size_t>(M)] += actual[i];
  const judge::Cause cause = judge::likely_cause_of_shape({N, M}, actual, {M}, sums);
  CHECK_SAME(cause.pattern, "not summed");
  CHECK_SAME(cause.sentence.substr(0, 33), "not summed over axis 0 (the batch");
  CHECK_SAME(judge::likely_cause_of_shape({N, M}, actual, {M}, random_values(M, random)).pattern, "an axis too many");
}

TEST_CASE("Every pattern in the tables has a test here", "[causes]") {
  std::set<std::string> tested{"another softmax",
                               "mask",
                               "another order",
                               "not summed",
                               "an axis of extent 1",
                               "an axis too many",
                               "an axis missing",
                               "extents in another order",
                               "another arrangement",
                               "images of another size",
                               "a sign",
                               "a factor 2",
                               "units",
                               "a power",
                               "a logarithm",
                               "exchanged"};
  for (const auto& [name, rule] : rules) tested.insert(name);
  for (const std::string& name : judge::cause_patterns()) {
    INFO(name);
    CHECK(tested.contains(name));
  }
}
