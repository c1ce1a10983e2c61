// Cases of module tensor, in the order of its header.
//
// The oracles are slow loops over indices, in double precision. Random elements are multiples of 1/4 of
// small size: sums and products of them are exact in float32 in any order, so that correct bodies agree to
// the last bit.
#include "tinytorch/tensor.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "judge/cases/compare.hpp"
#include "kernels/memory.hpp"
#include "tinytorch/setup.hpp"

using namespace tinytorch;

namespace {

using Random = std::mt19937_64;
using Index = std::vector<std::int64_t>;

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();

std::int64_t integer(Random& random, std::int64_t low, std::int64_t high) {
  return std::uniform_int_distribution<std::int64_t>(low, high)(random);
}

// Multiples of 1/4 in [-4, 4], never 0.
Tensor random_tensor(const Shape& shape, Random& random) {
  std::vector<float> values(static_cast<std::size_t>(shape.numel()));
  for (float& value : values) {
    const std::int64_t quarters = integer(random, 1, 16);
    value = static_cast<float>(integer(random, 0, 1) == 0 ? quarters : -quarters) / 4.0F;
  }
  return Tensor(shape, values);
}

Shape random_shape(Random& random, int rank, std::int64_t lowest, std::int64_t highest) {
  Shape shape;
  for (int axis = 0; axis < rank; ++axis) shape.push_back(integer(random, lowest, highest));
  return shape;
}

std::vector<double> numbers(const Tensor& tensor) {
  return std::vector<double>(tensor.data(), tensor.data() + tensor.size());
}

Index index_of(std::int64_t position, const Shape& shape) {
  Index index(static_cast<std::size_t>(shape.rank()));
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    index[static_cast<std::size_t>(axis)] = position % shape[axis];
    position /= shape[axis];
  }
  return index;
}

std::int64_t position_of(const Index& index, const Shape& shape) {
  std::int64_t position = 0;
  for (int axis = 0; axis < shape.rank(); ++axis) {
    position = position * shape[axis] + index[static_cast<std::size_t>(axis)];
  }
  return position;
}

double element(const Tensor& tensor, const Index& index) {
  return static_cast<double>(tensor.data()[position_of(index, tensor.shape())]);
}

// The element of `tensor` that meets `index` of a result it is broadcast to.
double broadcast_element(const Tensor& tensor, const Index& index) {
  const std::size_t added = index.size() - static_cast<std::size_t>(tensor.rank());
  Index own(index.begin() + static_cast<std::ptrdiff_t>(added), index.end());
  for (int axis = 0; axis < tensor.rank(); ++axis) {
    if (tensor.shape()[axis] == 1) own[static_cast<std::size_t>(axis)] = 0;
  }
  return element(tensor, own);
}

// `shape` without some of its outer axes and with some of the rest set to 1: broadcasts to `shape`.
Shape random_narrower(const Shape& shape, Random& random) {
  Shape narrower;
  for (int axis = static_cast<int>(integer(random, 0, shape.rank())); axis < shape.rank(); ++axis) {
    narrower.push_back(integer(random, 0, 2) == 0 ? 1 : shape[axis]);
  }
  return narrower;
}

using Binary = std::function<double(double, double)>;

std::vector<double> broadcast_oracle(const Tensor& a, const Tensor& b, const Shape& shape, const Binary& function) {
  std::vector<double> result;
  for (std::int64_t i = 0; i < shape.numel(); ++i) {
    const Index index = index_of(i, shape);
    result.push_back(function(broadcast_element(a, index), broadcast_element(b, index)));
  }
  return result;
}

// Two operands that stretch each other: `whole` is the shape of the result.
struct Pair {
  Shape whole;
  Tensor a;
  Tensor b;
};

Pair random_pair(Random& random) {
  const Shape whole = random_shape(random, static_cast<int>(integer(random, 0, 5)), 1, 4);
  Shape a = whole;
  Shape b = random_narrower(whole, random);
  for (int axis = 0; axis < b.rank(); ++axis) {
    const int in_a = axis + whole.rank() - b.rank();
    if (b[axis] == whole[in_a] && integer(random, 0, 2) == 0) a[in_a] = 1;
  }
  const bool exchanged = integer(random, 0, 1) == 1;
  if (exchanged) std::swap(a, b);
  return {whole, random_tensor(a, random), random_tensor(b, random)};
}

void check_elementwise(const std::function<Tensor(const Tensor&, const Tensor&)>& operation, const Binary& oracle) {
  Random random(judge::seed());
  for (int round = 0; round < 40; ++round) {
    const Pair pair = random_pair(random);
    INFO(pair.a.shape().to_string() << " and " << pair.b.shape().to_string());
    const Tensor result = operation(pair.a, pair.b);
    CHECK_SHAPE(result, pair.whole);
    CHECK_CLOSE(result, broadcast_oracle(pair.a, pair.b, pair.whole, oracle), 1e-6, 0);
  }
}

void check_many_elements(const std::function<Tensor(const Tensor&, const Tensor&)>& operation, const Binary& oracle) {
  constexpr std::int64_t rows = 300, columns = 201;
  struct Operand {
    Shape shape;
    std::int64_t row_stride, column_stride;
  };
  Random random(judge::seed());
  const Tensor a = random_tensor({rows, columns}, random);
  for (const Operand& other :
       {Operand{{rows, columns}, columns, 1}, {{columns}, 0, 1}, {{rows, 1}, 1, 0}, {{}, 0, 0}}) {
    INFO("(300, 201) and " << other.shape.to_string());
    const Tensor b = random_tensor(other.shape, random);
    std::vector<double> forwards, backwards;
    for (std::int64_t row = 0; row < rows; ++row) {
      for (std::int64_t column = 0; column < columns; ++column) {
        const double x = a.data()[row * columns + column];
        const double y = b.data()[row * other.row_stride + column * other.column_stride];
        forwards.push_back(oracle(x, y));
        backwards.push_back(oracle(y, x));
      }
    }
    CHECK_CLOSE(operation(a, b), forwards, 1e-6, 0);
    CHECK_CLOSE(operation(b, a), backwards, 1e-6, 0);
  }
}

// Whether an operation leaves its operands as they were and returns storage of its own.
void check_operands_untouched(const std::function<Tensor(const Tensor&, const Tensor&)>& operation) {
  const Tensor a({2, 2}, {1, 2, 3, 4});
  const Tensor b({2, 2}, {5, 6, 7, 8});
  const Tensor result = operation(a, b);
  CHECK_CLOSE(a, {1, 2, 3, 4});
  CHECK_CLOSE(b, {5, 6, 7, 8});
  CHECK_FALSE(result.shares_storage_with(a));
  CHECK_FALSE(result.shares_storage_with(b));
}

void check_misfits_refused(const std::function<Tensor(const Tensor&, const Tensor&)>& operation) {
  CHECK_THROWS_AS(operation(Tensor({2, 3}), Tensor({2})), ShapeError);
  CHECK_THROWS_AS(operation(Tensor({2, 3}), Tensor({3, 2})), ShapeError);
  CHECK_THROWS_AS(operation(Tensor({2}), Tensor({3})), ShapeError);
}

// `a` with `axis` reduced by `reduce`, which sees the elements along the axis.
std::vector<double> reduction_oracle(const Tensor& a, int axis,
                                     const std::function<double(const std::vector<double>&)>& reduce) {
  Shape others;
  for (int i = 0; i < a.rank(); ++i) others.push_back(i == axis ? 1 : a.shape()[i]);
  std::vector<double> result;
  for (std::int64_t i = 0; i < others.numel(); ++i) {
    Index index = index_of(i, others);
    std::vector<double> along;
    for (std::int64_t j = 0; j < a.shape()[axis]; ++j) {
      index[static_cast<std::size_t>(axis)] = j;
      along.push_back(element(a, index));
    }
    result.push_back(reduce(along));
  }
  return result;
}

double sum_of(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum;
}
double mean_of(const std::vector<double>& values) { return sum_of(values) / static_cast<double>(values.size()); }
double max_of(const std::vector<double>& values) { return *std::max_element(values.begin(), values.end()); }
double argmax_of(const std::vector<double>& values) {
  return static_cast<double>(std::max_element(values.begin(), values.end()) - values.begin());
}

Shape without_axis(const Shape& shape, int axis) {
  Shape result;
  for (int i = 0; i < shape.rank(); ++i) {
    if (i != axis) result.push_back(shape[i]);
  }
  return result;
}

using Reduction = std::function<Tensor(const Tensor&, int)>;

void check_reduction(const Reduction& reduction, const std::function<double(const std::vector<double>&)>& reduce) {
  Random random(judge::seed());
  for (int round = 0; round < 30; ++round) {
    const Tensor a = random_tensor(random_shape(random, static_cast<int>(integer(random, 1, 5)), 1, 5), random);
    const int axis = static_cast<int>(integer(random, 0, a.rank() - 1));
    INFO(a.shape().to_string() << " along axis " << axis);
    const std::vector<double> expected = reduction_oracle(a, axis, reduce);
    const Tensor result = reduction(a, axis);
    CHECK_SHAPE(result, without_axis(a.shape(), axis));
    CHECK_CLOSE(result, expected, 1e-6, 1e-6);
    CHECK_CLOSE(reduction(a, axis - a.rank()), expected, 1e-6, 1e-6);
  }
}

void check_many_reduced(const Reduction& reduction, const std::function<double(const std::vector<double>&)>& reduce) {
  Random random(judge::seed());
  const Tensor a = random_tensor({40, 50, 30}, random);
  for (int axis = 0; axis < 3; ++axis) {
    INFO("(40, 50, 30) along axis " << axis);
    CHECK_CLOSE(reduction(a, axis), reduction_oracle(a, axis, reduce), 1e-6, 1e-6);
  }
}

void check_axis_refused(const Reduction& reduction) {
  const Tensor a({2, 3}, {1, 2, 3, 4, 5, 6});
  CHECK_THROWS_AS(reduction(a, 2), ValueError);
  CHECK_THROWS_AS(reduction(a, -3), ValueError);
  CHECK_THROWS_AS(reduction(Tensor({}, {1.0F}), 0), ValueError);
}

using Product = std::function<Tensor(const Tensor&, const Tensor&)>;

Tensor transposed(const Tensor& a) {
  const std::int64_t rows = a.shape()[0];
  const std::int64_t columns = a.shape()[1];
  std::vector<float> values;
  for (std::int64_t j = 0; j < columns; ++j) {
    for (std::int64_t i = 0; i < rows; ++i) values.push_back(a.data()[i * columns + j]);
  }
  return Tensor({columns, rows}, values);
}

// Compares product(a, b) with three loops; a and b are given as the product wants them.
void check_product(const Product& product, std::int64_t n, std::int64_t k, std::int64_t m, bool a_transposed,
                   bool b_transposed, Random& random) {
  const Tensor a = random_tensor({n, k}, random);
  const Tensor b = random_tensor({k, m}, random);
  std::vector<double> expected(static_cast<std::size_t>(n * m), 0.0);
  for (std::int64_t i = 0; i < n; ++i) {
    for (std::int64_t l = 0; l < k; ++l) {
      const double factor = static_cast<double>(a.data()[i * k + l]);
      for (std::int64_t j = 0; j < m; ++j) {
        expected[static_cast<std::size_t>(i * m + j)] += factor * static_cast<double>(b.data()[l * m + j]);
      }
    }
  }
  const Tensor first = a_transposed ? transposed(a) : a;
  const Tensor second = b_transposed ? transposed(b) : b;
  INFO(first.shape().to_string() << " and " << second.shape().to_string());
  const Tensor result = product(first, second);
  CHECK_SHAPE(result, {n, m});
  CHECK_CLOSE(result, expected, 0, 0);
}

void check_random_products(const Product& product, bool a_transposed = false, bool b_transposed = false) {
  Random random(judge::seed());
  for (int round = 0; round < 30; ++round) {
    check_product(product, integer(random, 1, 12), integer(random, 1, 12), integer(random, 1, 12), a_transposed,
                  b_transposed, random);
  }
}

// Sizes that fill no block evenly, long in each of the three extents.
void check_large_products(const Product& product, bool a_transposed = false, bool b_transposed = false) {
  Random random(judge::seed());
  const std::int64_t more = integer(random, 1, 20);
  check_product(product, 300 + more, 7, 5, a_transposed, b_transposed, random);
  check_product(product, 7, 300 + more, 5, a_transposed, b_transposed, random);
  check_product(product, 5, 7, 300 + more, a_transposed, b_transposed, random);
  check_product(product, 70 + more, 129, 65, a_transposed, b_transposed, random);
  check_product(product, 64, 64, 64, a_transposed, b_transposed, random);
}

void check_empty_products(const Product& product, bool a_transposed = false, bool b_transposed = false) {
  Random random(judge::seed());
  check_product(product, 2, 0, 3, a_transposed, b_transposed, random);  // sums of nothing: zeros
  check_product(product, 0, 2, 3, a_transposed, b_transposed, random);
  check_product(product, 2, 3, 0, a_transposed, b_transposed, random);
  check_product(product, 1, 1, 1, a_transposed, b_transposed, random);
}

// Whether `call` throws a ShapeError whose message names both shapes.
void check_names_shapes(const std::function<void()>& call, const std::string& a, const std::string& b) {
  std::string message;
  try {
    call();
    judge::set_detail({"a ShapeError that names " + a + " and " + b, "no error", ""});
  } catch (const ShapeError& error) {
    message = error.what();
    judge::set_detail({"a ShapeError that names " + a + " and " + b, message, ""});
  }
  const bool names_both = message.find(a) != std::string::npos && message.find(b) != std::string::npos;
  CHECK(names_both);
  judge::clear_detail();
}

// `a` and `b` do not fit, `a_text` and `b_text` are their shapes as a message writes them.
void check_product_refuses(const Product& product, const Shape& a, const Shape& b) {
  check_names_shapes([&] { product(Tensor(a), Tensor(b)); }, a.to_string(), b.to_string());
}

}  // namespace

// --- construction ---

TEST_CASE("Tensor of a shape holds zeros") {
  // Memory that has been used before, so that zeros do not come by chance.
  for (int round = 0; round < 4; ++round) {
    Tensor used({16});
    std::fill_n(used.data(), used.size(), 7.0F);
  }
  const Tensor zeros({2, 8});
  CHECK_SHAPE(zeros, {2, 8});
  REQUIRE(zeros.size() == 16);
  CHECK_CLOSE(zeros, std::vector<double>(16, 0.0), 0, 0);
}

TEST_CASE("Tensor of a shape may be a scalar or hold no elements") {
  const Tensor scalar{Shape{}};
  CHECK_SHAPE(scalar, Shape{});
  REQUIRE(scalar.size() == 1);
  CHECK_SAME(scalar.data()[0], 0.0F);
  const Tensor nothing({3, 0, 2});
  CHECK_SHAPE(nothing, {3, 0, 2});
  CHECK_SAME(nothing.size(), 0);
  CHECK(nothing.empty());
}

TEST_CASE("Tensor refuses an impossible shape") {
  CHECK_THROWS_AS(Tensor(Shape{-1}), ShapeError);
  CHECK_THROWS_AS(Tensor(Shape{2, -3}), ShapeError);
  CHECK_THROWS_AS(Tensor(Shape{std::int64_t{1} << 40, std::int64_t{1} << 40}), ShapeError);
}

TEST_CASE("Tensor of values keeps them in row-major order") {
  const Tensor a({2, 3}, {1, 2, 3, 4, 5, 6});
  CHECK_SHAPE(a, {2, 3});
  REQUIRE(a.size() == 6);
  for (int i = 0; i < 6; ++i) CHECK_SAME(a.data()[i], static_cast<float>(i + 1));
}

TEST_CASE("Tensor of values may be a scalar or hold no elements") {
  const Tensor scalar(Shape{}, {2.5F});
  CHECK_SHAPE(scalar, Shape{});
  CHECK_CLOSE(scalar, {2.5});
  const Tensor nothing({0, 4}, std::vector<float>{});
  CHECK_SHAPE(nothing, {0, 4});
  CHECK(nothing.empty());
}

TEST_CASE("Tensor of values copies them") {
  std::vector<float> values = {1, 2, 3};
  const Tensor a({3}, values);
  values[1] = 9;
  CHECK_CLOSE(a, {1, 2, 3});
}

TEST_CASE("Tensor of values refuses a number of values that does not fit the shape") {
  CHECK_THROWS_AS(Tensor({2, 3}, {1, 2, 3, 4, 5}), ShapeError);
  CHECK_THROWS_AS(Tensor({2, 3}, {1, 2, 3, 4, 5, 6, 7}), ShapeError);
  CHECK_THROWS_AS(Tensor(Shape{}, std::vector<float>{}), ShapeError);
  CHECK_THROWS_AS(Tensor({2, 0}, {1}), ShapeError);
}

TEST_CASE("Tensor uninitialized has the shape and storage of its own") {
  Tensor a = Tensor::uninitialized({2, 3});
  Tensor b = Tensor::uninitialized({2, 3});
  CHECK_SHAPE(a, {2, 3});
  REQUIRE(a.size() == 6);
  REQUIRE(b.size() == 6);
  CHECK(a.is_sole_owner());
  CHECK_FALSE(a.shares_storage_with(b));
  std::fill_n(a.data(), a.size(), 1.0F);
  std::fill_n(b.data(), b.size(), 2.0F);
  CHECK_CLOSE(a, {1, 1, 1, 1, 1, 1});
  CHECK_SHAPE(Tensor::uninitialized({0, 3}), {0, 3});
  CHECK_THROWS_AS(Tensor::uninitialized({2, -3}), ShapeError);
}

TEST_CASE("Tensor scalar has rank 0 and one element") {
  const Tensor a = Tensor::scalar(-2.5F);
  CHECK_SHAPE(a, Shape{});
  CHECK_CLOSE(a, {-2.5}, 0, 0);
}

TEST_CASE("Tensor full repeats one value") {
  const Tensor a = Tensor::full({2, 2}, 1.5F);
  CHECK_SHAPE(a, {2, 2});
  CHECK_CLOSE(a, {1.5, 1.5, 1.5, 1.5}, 0, 0);
  CHECK_SHAPE(Tensor::full({2, 0}, 1.0F), {2, 0});
  CHECK_THROWS_AS(Tensor::full({-1}, 1.0F), ShapeError);
}

TEST_CASE("Tensor uniform takes one draw an element in storage order") {
  Rng rng(judge::seed());
  const Tensor a = Tensor::uniform({3, 4}, -0.5F, 2.0F, rng);
  CHECK_SHAPE(a, {3, 4});
  Rng again(judge::seed());
  std::vector<double> expected;
  for (int i = 0; i < 12; ++i) expected.push_back(static_cast<double>(again.uniform(-0.5F, 2.0F)));
  CHECK_CLOSE(a, expected, 0, 0);
  CHECK_SAME(rng.next(), again.next());
}

TEST_CASE("Tensor normal takes one draw an element in storage order") {
  Rng rng(judge::seed());
  const Tensor a = Tensor::normal({2, 5}, 3.0F, 0.25F, rng);
  CHECK_SHAPE(a, {2, 5});
  Rng again(judge::seed());
  std::vector<double> expected;
  for (int i = 0; i < 10; ++i) expected.push_back(static_cast<double>(again.normal(3.0F, 0.25F)));
  CHECK_CLOSE(a, expected, 0, 0);
  CHECK_SAME(rng.next(), again.next());
}

// --- elements ---

TEST_CASE("at finds the element at row-major position") {
  const Tensor a({2, 3, 2}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11});
  CHECK_SAME(a.at({0, 0, 0}), 0.0F);
  CHECK_SAME(a.at({0, 0, 1}), 1.0F);
  CHECK_SAME(a.at({0, 2, 1}), 5.0F);
  CHECK_SAME(a.at({1, 0, 0}), 6.0F);
  CHECK_SAME(a.at({1, 1, 0}), 8.0F);
  CHECK_SAME(a.at({1, 2, 1}), 11.0F);
  CHECK_SAME(Tensor(Shape{}, {4.0F}).at({}), 4.0F);
}

TEST_CASE("at counts negative indices from the end") {
  const Tensor a({2, 3}, {0, 1, 2, 3, 4, 5});
  CHECK_SAME(a.at({-1, -1}), 5.0F);
  CHECK_SAME(a.at({-2, -3}), 0.0F);
  CHECK_SAME(a.at({0, -2}), 1.0F);
}

TEST_CASE("at lets an element be changed") {
  Tensor a({2, 3}, {0, 1, 2, 3, 4, 5});
  a.at({1, 0}) = 7.0F;
  a.at({-2, -1}) += 10.0F;
  CHECK_CLOSE(a, {0, 1, 12, 7, 4, 5});
}

TEST_CASE("at refuses an index out of range") {
  Tensor a({2, 3}, {0, 1, 2, 3, 4, 5});
  CHECK_THROWS_AS(a.at({2, 0}), ValueError);
  CHECK_THROWS_AS(a.at({0, 3}), ValueError);
  CHECK_THROWS_AS(a.at({-3, 0}), ValueError);
  CHECK_THROWS_AS(a.at({0, -4}), ValueError);
  CHECK_THROWS_AS(std::as_const(a).at({2, 0}), ValueError);
  CHECK_THROWS_AS(std::as_const(a).at({0, -4}), ValueError);
}

TEST_CASE("at refuses a number of indices that is not the rank") {
  Tensor a({2, 3}, {0, 1, 2, 3, 4, 5});
  CHECK_THROWS_AS(a.at({0}), ShapeError);
  CHECK_THROWS_AS(a.at({0, 0, 0}), ShapeError);
  CHECK_THROWS_AS(std::as_const(a).at({0}), ShapeError);
  CHECK_THROWS_AS(std::as_const(a).at({0, 0, 0}), ShapeError);
  CHECK_THROWS_AS(a.at({}), ShapeError);
}

TEST_CASE("item gives the value of a single element of any rank") {
  CHECK_SAME(Tensor(Shape{}, {1.5F}).item(), 1.5F);
  CHECK_SAME(Tensor({1}, {2.5F}).item(), 2.5F);
  CHECK_SAME(Tensor({1, 1, 1}, {-3.5F}).item(), -3.5F);
}

TEST_CASE("item refuses a tensor that does not have one element") {
  CHECK_THROWS_AS(Tensor({2}, {1, 2}).item(), ShapeError);
  CHECK_THROWS_AS(Tensor({0}, std::vector<float>{}).item(), ShapeError);
  CHECK_THROWS_AS(Tensor().item(), ShapeError);
}

// --- storage and shape ---

TEST_CASE("clone has the same values in storage of its own") {
  Tensor a({2, 2}, {1, 2, 3, 4});
  Tensor b = a.clone();
  CHECK_SHAPE(b, {2, 2});
  CHECK_CLOSE(b, {1, 2, 3, 4}, 0, 0);
  CHECK_FALSE(b.shares_storage_with(a));
  REQUIRE(a.size() == 4);
  a.data()[0] = 9;
  CHECK_CLOSE(b, {1, 2, 3, 4}, 0, 0);
}

TEST_CASE("clone of a tensor without elements has its shape") {
  CHECK_SHAPE(Tensor({0, 3}, std::vector<float>{}).clone(), {0, 3});
  CHECK_SHAPE(Tensor().clone(), {0});
  CHECK(Tensor().clone().empty());
}

TEST_CASE("reshape keeps the elements in order") {
  const Tensor a({2, 6}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11});
  const Tensor b = a.reshape({3, 2, 2});
  CHECK_SHAPE(b, {3, 2, 2});
  CHECK_CLOSE(b, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, 0, 0);
  CHECK_SHAPE(a, {2, 6});
  CHECK_SHAPE(Tensor({1, 1}, {5}).reshape(Shape{}), Shape{});
}

TEST_CASE("reshape shares the storage") {
  Tensor a({2, 3}, {1, 2, 3, 4, 5, 6});
  Tensor b = a.reshape({6});
  CHECK(b.shares_storage_with(a));
  CHECK(b.data() == a.data());
  REQUIRE(b.size() == 6);
  b.data()[4] = 50;
  CHECK_CLOSE(a, {1, 2, 3, 4, 50, 6});
}

TEST_CASE("reshape works out an extent of -1") {
  const Tensor a({2, 6}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11});
  CHECK_SHAPE(a.reshape({-1}), {12});
  CHECK_SHAPE(a.reshape({4, -1}), {4, 3});
  CHECK_SHAPE(a.reshape({-1, 12}), {1, 12});
  CHECK_SHAPE(a.reshape({2, -1, 3}), {2, 2, 3});
  CHECK_CLOSE(a.reshape({4, -1}), {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, 0, 0);
  CHECK_SHAPE(Tensor({0, 3}, std::vector<float>{}).reshape({3, -1}), {3, 0});
  CHECK_SHAPE(Tensor(Shape{}, {1}).reshape({-1}), {1});
  CHECK_SHAPE(a.reshape({1, 2, 1, 3, 1, -1}), {1, 2, 1, 3, 1, 2});
}

TEST_CASE("reshape refuses another number of elements") {
  const Tensor a({2, 3}, {1, 2, 3, 4, 5, 6});
  CHECK_THROWS_AS(a.reshape({5}), ShapeError);
  CHECK_THROWS_AS(a.reshape({2, 4}), ShapeError);
  CHECK_THROWS_AS(a.reshape({3}), ShapeError);
  CHECK_THROWS_AS(a.reshape(Shape{}), ShapeError);
  CHECK_THROWS_AS(a.reshape({0}), ShapeError);
}

TEST_CASE("reshape refuses extents that cannot be worked out") {
  const Tensor a({2, 3}, {1, 2, 3, 4, 5, 6});
  CHECK_THROWS_AS(a.reshape({-1, -1}), ShapeError);
  CHECK_THROWS_AS(a.reshape({4, -1}), ShapeError);
  CHECK_THROWS_AS(a.reshape({-2, 3}), ShapeError);
  CHECK_THROWS_AS(a.reshape({-2, -3}), ShapeError);
  CHECK_THROWS_AS(a.reshape({-1, 0}), ShapeError);
  CHECK_THROWS_AS(Tensor({0, 3}, std::vector<float>{}).reshape({0, -1}), ShapeError);
}

TEST_CASE("transpose turns rows into columns") {
  const Tensor a({2, 3}, {1, 2, 3, 4, 5, 6});
  const Tensor b = a.transpose(0, 1);
  CHECK_SHAPE(b, {3, 2});
  CHECK_CLOSE(b, {1, 4, 2, 5, 3, 6}, 0, 0);
  CHECK_CLOSE(a, {1, 2, 3, 4, 5, 6}, 0, 0);
}

TEST_CASE("transpose exchanges any two axes") {
  Random random(judge::seed());
  for (int round = 0; round < 40; ++round) {
    const int rank = static_cast<int>(integer(random, 1, Shape::max_rank));
    const Tensor a = random_tensor(random_shape(random, rank, 1, 4), random);
    const int first = static_cast<int>(integer(random, 0, rank - 1));
    const int second = static_cast<int>(integer(random, 0, rank - 1));
    INFO(a.shape().to_string() << " with axes " << first << " and " << second);
    Shape shape = a.shape();
    std::swap(shape[first], shape[second]);
    std::vector<double> expected;
    for (std::int64_t i = 0; i < shape.numel(); ++i) {
      Index index = index_of(i, shape);
      std::swap(index[static_cast<std::size_t>(first)], index[static_cast<std::size_t>(second)]);
      expected.push_back(element(a, index));
    }
    const Tensor b = a.transpose(first, second);
    CHECK_SHAPE(b, shape);
    CHECK_CLOSE(b, expected, 0, 0);
    CHECK_CLOSE(a.transpose(second - rank, first - rank), expected, 0, 0);
  }
}

TEST_CASE("transpose returns storage of its own") {
  const Tensor a({2, 3}, {1, 2, 3, 4, 5, 6});
  CHECK_FALSE(a.transpose(0, 1).shares_storage_with(a));
  CHECK_FALSE(a.transpose(1, 1).shares_storage_with(a));
  CHECK_CLOSE(a.transpose(1, 1), {1, 2, 3, 4, 5, 6}, 0, 0);
}

TEST_CASE("transpose of a tensor without elements has the exchanged shape") {
  CHECK_SHAPE(Tensor({0, 3}, std::vector<float>{}).transpose(0, 1), {3, 0});
  CHECK_SHAPE(Tensor({2, 0, 3}, std::vector<float>{}).transpose(0, -1), {3, 0, 2});
}

TEST_CASE("transpose refuses an axis out of range") {
  const Tensor a({2, 3}, {1, 2, 3, 4, 5, 6});
  CHECK_THROWS_AS(a.transpose(0, 2), ValueError);
  CHECK_THROWS_AS(a.transpose(2, 0), ValueError);
  CHECK_THROWS_AS(a.transpose(-3, 0), ValueError);
  CHECK_THROWS_AS(a.transpose(0, -3), ValueError);
  CHECK_THROWS_AS(Tensor(Shape{}, {1}).transpose(0, 0), ValueError);
}

TEST_CASE("slice cuts a part along an axis") {
  const Tensor a({3, 4}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11});
  CHECK_SHAPE(a.slice(0, 1, 3), {2, 4});
  CHECK_CLOSE(a.slice(0, 1, 3), {4, 5, 6, 7, 8, 9, 10, 11}, 0, 0);
  CHECK_SHAPE(a.slice(1, 1, 3), {3, 2});
  CHECK_CLOSE(a.slice(1, 1, 3), {1, 2, 5, 6, 9, 10}, 0, 0);
  CHECK_CLOSE(a.slice(-1, 0, 1), {0, 4, 8}, 0, 0);
}

TEST_CASE("slice counts a negative begin or end from the end") {
  const Tensor a({5}, {0, 1, 2, 3, 4});
  CHECK_CLOSE(a.slice(0, -2, 5), {3, 4}, 0, 0);
  CHECK_CLOSE(a.slice(0, -1, 5), {4}, 0, 0);
  CHECK_CLOSE(a.slice(0, 0, -1), {0, 1, 2, 3}, 0, 0);
  CHECK_CLOSE(a.slice(0, 1, -1), {1, 2, 3}, 0, 0);
  CHECK_CLOSE(a.slice(0, -5, -4), {0}, 0, 0);
}

TEST_CASE("slice agrees with loops over indices along any axis") {
  Random random(judge::seed());
  for (int round = 0; round < 40; ++round) {
    const int rank = static_cast<int>(integer(random, 1, Shape::max_rank));
    const Tensor a = random_tensor(random_shape(random, rank, 1, 4), random);
    const int axis = static_cast<int>(integer(random, 0, rank - 1));
    const std::int64_t begin = integer(random, 0, a.shape()[axis]);
    const std::int64_t end = integer(random, begin, a.shape()[axis]);
    INFO(a.shape().to_string() << " along axis " << axis << " from " << begin << " to " << end);
    Shape shape = a.shape();
    shape[axis] = end - begin;
    std::vector<double> expected;
    for (std::int64_t i = 0; i < shape.numel(); ++i) {
      Index index = index_of(i, shape);
      index[static_cast<std::size_t>(axis)] += begin;
      expected.push_back(element(a, index));
    }
    const Tensor b = a.slice(axis, begin, end);
    CHECK_SHAPE(b, shape);
    CHECK_CLOSE(b, expected, 0, 0);
    CHECK_CLOSE(a.slice(axis - rank, begin, end), expected, 0, 0);
  }
}

TEST_CASE("slice returns storage of its own") {
  const Tensor a({2, 2}, {1, 2, 3, 4});
  Tensor row = a.slice(0, 0, 1);
  CHECK_FALSE(row.shares_storage_with(a));
  REQUIRE(row.size() == 2);
  row.data()[0] = 9;
  CHECK_CLOSE(a, {1, 2, 3, 4}, 0, 0);
  CHECK_FALSE(a.slice(0, 0, 2).shares_storage_with(a));
}

TEST_CASE("slice may be empty") {
  const Tensor a({3, 2}, {1, 2, 3, 4, 5, 6});
  CHECK_SHAPE(a.slice(0, 1, 1), {0, 2});
  CHECK_SHAPE(a.slice(0, 3, 3), {0, 2});
  CHECK_SHAPE(a.slice(1, 0, 0), {3, 0});
  CHECK_SHAPE(Tensor({0, 2}, std::vector<float>{}).slice(1, 0, 1), {0, 1});
}

TEST_CASE("slice refuses a part that lies outside") {
  const Tensor a({3, 2}, {1, 2, 3, 4, 5, 6});
  CHECK_THROWS_AS(a.slice(0, 0, 4), ValueError);
  CHECK_THROWS_AS(a.slice(0, 2, 1), ValueError);
  CHECK_THROWS_AS(a.slice(0, -4, 2), ValueError);
  CHECK_THROWS_AS(a.slice(0, 0, -4), ValueError);
  CHECK_THROWS_AS(a.slice(0, 4, 4), ValueError);
  CHECK_THROWS_AS(a.slice(0, -1, 1), ValueError);
}

TEST_CASE("slice refuses an axis out of range") {
  const Tensor a({3, 2}, {1, 2, 3, 4, 5, 6});
  CHECK_THROWS_AS(a.slice(2, 0, 1), ValueError);
  CHECK_THROWS_AS(a.slice(-3, 0, 1), ValueError);
  CHECK_THROWS_AS(Tensor(Shape{}, {1}).slice(0, 0, 1), ValueError);
}

// --- in place ---

TEST_CASE("fill sets every element in place") {
  Tensor a({2, 2}, {1, 2, 3, 4});
  const Tensor copy = a;
  a.fill(-0.5F);
  CHECK_CLOSE(a, {-0.5, -0.5, -0.5, -0.5}, 0, 0);
  CHECK_CLOSE(copy, {-0.5, -0.5, -0.5, -0.5}, 0, 0);
  CHECK(a.shares_storage_with(copy));
}

TEST_CASE("Adding in place changes a tensor so that copies see it") {
  Tensor a({2, 2}, {1, 2, 3, 4});
  const Tensor copy = a;
  const Tensor b({2, 2}, {10, 20, 30, 40});
  Tensor& result = (a += b);
  CHECK(&result == &a);
  CHECK(a.shares_storage_with(copy));
  CHECK_CLOSE(copy, {11, 22, 33, 44}, 0, 0);
  CHECK_CLOSE(b, {10, 20, 30, 40}, 0, 0);
}

TEST_CASE("Subtracting in place changes a tensor so that copies see it") {
  Tensor a({2, 2}, {1, 2, 3, 4});
  const Tensor copy = a;
  Tensor& result = (a -= Tensor({2, 2}, {10, 20, 30, 40}));
  CHECK(&result == &a);
  CHECK(a.shares_storage_with(copy));
  CHECK_CLOSE(copy, {-9, -18, -27, -36}, 0, 0);
}

TEST_CASE("Multiplying in place changes a tensor so that copies see it") {
  Tensor a({2, 2}, {1, 2, 3, 4});
  const Tensor copy = a;
  Tensor& result = (a *= Tensor({2, 2}, {10, 20, 30, 40}));
  CHECK(&result == &a);
  CHECK(a.shares_storage_with(copy));
  CHECK_CLOSE(copy, {10, 40, 90, 160}, 0, 0);
}

TEST_CASE("Multiplying with a number in place changes a tensor so that copies see it") {
  Tensor a({2, 2}, {1, 2, 3, 4});
  const Tensor copy = a;
  Tensor& result = (a *= -0.5F);
  CHECK(&result == &a);
  CHECK(a.shares_storage_with(copy));
  CHECK_CLOSE(copy, {-0.5, -1, -1.5, -2}, 0, 0);
}

TEST_CASE("Arithmetic in place broadcasts the other tensor") {
  Random random(judge::seed());
  for (int round = 0; round < 40; ++round) {
    const Shape shape = random_shape(random, static_cast<int>(integer(random, 0, 5)), 1, 4);
    const Tensor a = random_tensor(shape, random);
    const Tensor b = random_tensor(random_narrower(shape, random), random);
    INFO(shape.to_string() << " and " << b.shape().to_string());
    const std::vector<float> values(a.data(), a.data() + a.size());
    Tensor sum(shape, values);
    sum += b;
    CHECK_CLOSE(sum, broadcast_oracle(a, b, shape, std::plus<double>()), 0, 0);
    Tensor difference(shape, values);
    difference -= b;
    CHECK_CLOSE(difference, broadcast_oracle(a, b, shape, std::minus<double>()), 0, 0);
    Tensor product(shape, values);
    product *= b;
    CHECK_CLOSE(product, broadcast_oracle(a, b, shape, std::multiplies<double>()), 0, 0);
  }
}

TEST_CASE("Arithmetic in place takes the tensor itself as the other") {
  Tensor a({3}, {1, 2, 3});
  const Tensor& itself = a;
  a += itself;
  CHECK_CLOSE(a, {2, 4, 6}, 0, 0);
  a *= itself;
  CHECK_CLOSE(a, {4, 16, 36}, 0, 0);
  a -= itself;
  CHECK_CLOSE(a, {0, 0, 0}, 0, 0);
}

TEST_CASE("Arithmetic in place refuses what cannot be broadcast to the tensor") {
  Tensor a({3}, {1, 2, 3});
  const Tensor larger({2, 3}, {1, 2, 3, 4, 5, 6});
  CHECK_THROWS_AS(a += larger, ShapeError);
  CHECK_THROWS_AS(a -= larger, ShapeError);
  CHECK_THROWS_AS(a *= larger, ShapeError);
  Tensor row({1, 3}, {1, 2, 3});
  CHECK_THROWS_AS(row += larger, ShapeError);
  CHECK_THROWS_AS(row -= larger, ShapeError);
  CHECK_THROWS_AS(row *= larger, ShapeError);
  CHECK_THROWS_AS(a += Tensor({2}, {1, 2}), ShapeError);
  Tensor matrix({3, 2}, {1, 2, 3, 4, 5, 6});
  CHECK_THROWS_AS(matrix += larger, ShapeError);
  CHECK_THROWS_AS(matrix -= larger, ShapeError);
  CHECK_THROWS_AS(matrix *= larger, ShapeError);
  CHECK_CLOSE(a, {1, 2, 3}, 0, 0);
  CHECK_CLOSE(row, {1, 2, 3}, 0, 0);
}

// --- broadcasting ---

TEST_CASE("broadcast_shape aligns the last axes and stretches extents of 1") {
  CHECK_SAME(broadcast_shape({2, 1, 4}, {3, 1}), (Shape{2, 3, 4}));
  CHECK_SAME(broadcast_shape({3, 1}, {2, 1, 4}), (Shape{2, 3, 4}));
  CHECK_SAME(broadcast_shape({2, 3}, {2, 3}), (Shape{2, 3}));
  CHECK_SAME(broadcast_shape({2, 3}, {3}), (Shape{2, 3}));
  CHECK_SAME(broadcast_shape({2, 3}, {}), (Shape{2, 3}));
  CHECK_SAME(broadcast_shape({}, {}), Shape{});
  CHECK_SAME(broadcast_shape({}, {4}), Shape{4});
  CHECK_SAME(broadcast_shape({1}, {1, 1}), (Shape{1, 1}));
}

TEST_CASE("broadcast_shape stretches an extent of 1 to 0") {
  CHECK_SAME(broadcast_shape({0}, {1}), Shape{0});
  CHECK_SAME(broadcast_shape({1, 3}, {0, 1}), (Shape{0, 3}));
}

TEST_CASE("broadcast_shape refuses extents that differ") {
  CHECK_THROWS_AS(broadcast_shape({2, 3}, {2}), ShapeError);
  CHECK_THROWS_AS(broadcast_shape({3}, {4}), ShapeError);
  CHECK_THROWS_AS(broadcast_shape({2, 1, 4}, {3, 1, 4}), ShapeError);
  CHECK_THROWS_AS(broadcast_shape({0}, {2}), ShapeError);
}

// --- arithmetic ---

TEST_CASE("a + b adds element by element") {
  const Tensor result = Tensor({2, 2}, {1, 2, 3, 4}) + Tensor({2, 2}, {10, 20, 30, 40});
  CHECK_SHAPE(result, {2, 2});
  CHECK_CLOSE(result, {11, 22, 33, 44}, 0, 0);
}

TEST_CASE("a + b broadcasts rows columns and scalars") {
  const Tensor a({2, 3}, {1, 2, 3, 4, 5, 6});
  CHECK_CLOSE(a + Tensor({3}, {10, 20, 30}), {11, 22, 33, 14, 25, 36}, 0, 0);
  CHECK_CLOSE(a + Tensor({2, 1}, {10, 20}), {11, 12, 13, 24, 25, 26}, 0, 0);
  CHECK_CLOSE(a + Tensor(Shape{}, {100}), {101, 102, 103, 104, 105, 106}, 0, 0);
  const Tensor outer = Tensor({2, 1}, {10, 20}) + Tensor({3}, {1, 2, 3});
  CHECK_SHAPE(outer, {2, 3});
  CHECK_CLOSE(outer, {11, 12, 13, 21, 22, 23}, 0, 0);
}

TEST_CASE("a + b agrees with loops over indices") { check_elementwise(std::plus<Tensor>(), std::plus<double>()); }
TEST_CASE("a - b agrees with loops over indices") { check_elementwise(std::minus<Tensor>(), std::minus<double>()); }
TEST_CASE("a times b agrees with loops over indices") {
  check_elementwise(std::multiplies<Tensor>(), std::multiplies<double>());
}
TEST_CASE("a / b agrees with loops over indices") { check_elementwise(std::divides<Tensor>(), std::divides<double>()); }

TEST_CASE("Arithmetic is right for many elements") {
  check_many_elements(std::plus<Tensor>(), std::plus<double>());
  check_many_elements(std::minus<Tensor>(), std::minus<double>());
  check_many_elements(std::multiplies<Tensor>(), std::multiplies<double>());
  check_many_elements(std::divides<Tensor>(), std::divides<double>());
}

TEST_CASE("Arithmetic stretches every second axis of as many as there can be") {
  Random random(judge::seed());
  const Shape whole{2, 3, 2, 3, 2, 3};
  const Tensor a = random_tensor({2, 1, 2, 1, 2, 1}, random);
  const Tensor b = random_tensor({1, 3, 1, 3, 1, 3}, random);
  CHECK_CLOSE(a + b, broadcast_oracle(a, b, whole, std::plus<double>()), 0, 0);
  CHECK_CLOSE(b - a, broadcast_oracle(b, a, whole, std::minus<double>()), 0, 0);
  Tensor c = random_tensor(whole, random);
  const std::vector<double> expected = broadcast_oracle(c, b, whole, std::multiplies<double>());
  c *= b;
  CHECK_CLOSE(c, expected, 0, 0);
}

TEST_CASE("Arithmetic leaves its operands as they were") {
  check_operands_untouched(std::plus<Tensor>());
  check_operands_untouched(std::minus<Tensor>());
  check_operands_untouched(std::multiplies<Tensor>());
  check_operands_untouched(std::divides<Tensor>());
}

TEST_CASE("Arithmetic refuses shapes that do not fit") {
  check_misfits_refused(std::plus<Tensor>());
  check_misfits_refused(std::minus<Tensor>());
  check_misfits_refused(std::multiplies<Tensor>());
  check_misfits_refused(std::divides<Tensor>());
}

TEST_CASE("Arithmetic with tensors without elements gives none") {
  const Tensor nothing({0, 3}, std::vector<float>{});
  CHECK_SHAPE(nothing + Tensor({3}, {1, 2, 3}), {0, 3});
  CHECK_SHAPE(Tensor({1, 3}, {1, 2, 3}) - nothing, {0, 3});
  CHECK_SHAPE(nothing * nothing, {0, 3});
  CHECK_SHAPE(nothing / Tensor(Shape{}, {2}), {0, 3});
}

TEST_CASE("Division by zero gives infinity and no error") {
  const Tensor result = Tensor({2}, {1, -1}) / Tensor({2}, {0, 0});
  REQUIRE(result.size() == 2);
  CHECK_SAME(result.data()[0], infinity);
  CHECK_SAME(result.data()[1], -infinity);
}

TEST_CASE("a + number and a - number shift every element") {
  const Tensor a({2, 2}, {1, 2, 3, 4});
  CHECK_SHAPE(a + 0.5F, {2, 2});
  CHECK_CLOSE(a + 0.5F, {1.5, 2.5, 3.5, 4.5}, 0, 0);
  CHECK_SHAPE(a - 0.5F, {2, 2});
  CHECK_CLOSE(a - 0.5F, {0.5, 1.5, 2.5, 3.5}, 0, 0);
  CHECK_CLOSE(a, {1, 2, 3, 4}, 0, 0);
}

TEST_CASE("a times number and a / number scale every element") {
  const Tensor a({2, 2}, {1, 2, 3, 4});
  CHECK_SHAPE(a * -2.0F, {2, 2});
  CHECK_CLOSE(a * -2.0F, {-2, -4, -6, -8}, 0, 0);
  CHECK_SHAPE(a / 4.0F, {2, 2});
  CHECK_CLOSE(a / 4.0F, {0.25, 0.5, 0.75, 1}, 0, 0);
  CHECK_CLOSE(a, {1, 2, 3, 4}, 0, 0);
}

TEST_CASE("-a changes every sign") {
  const Tensor a({2, 2}, {1, -2, 3, 0});
  CHECK_SHAPE(-a, {2, 2});
  CHECK_CLOSE(-a, {-1, 2, -3, 0}, 0, 0);
  CHECK_CLOSE(a, {1, -2, 3, 0}, 0, 0);
  CHECK_SHAPE(-Tensor({0, 2}, std::vector<float>{}), {0, 2});
}

TEST_CASE("map applies a function to every element") {
  const Tensor a({2, 3}, {1, 2, 3, 4, 5, 6});
  const Tensor squares = map(a, [](float x) { return x * x; });
  CHECK_SHAPE(squares, {2, 3});
  CHECK_CLOSE(squares, {1, 4, 9, 16, 25, 36}, 0, 0);
  CHECK_CLOSE(a, {1, 2, 3, 4, 5, 6}, 0, 0);
  CHECK_SHAPE(map(Tensor({0, 3}, std::vector<float>{}), [](float x) { return x; }), {0, 3});
}

TEST_CASE("map is right for many elements") {
  Random random(judge::seed());
  const Tensor a = random_tensor({60007}, random);
  std::vector<double> expected = numbers(a);
  for (double& value : expected) value = 3 * value + 1;
  CHECK_CLOSE(map(a, [](float x) { return 3 * x + 1; }), expected, 0, 0);
}

// --- sum_to ---

TEST_CASE("sum_to adds what broadcasting repeated") {
  const Tensor a({2, 3}, {1, 2, 3, 4, 5, 6});
  CHECK_SHAPE(sum_to(a, {3}), {3});
  CHECK_CLOSE(sum_to(a, {3}), {5, 7, 9}, 0, 0);
  CHECK_SHAPE(sum_to(a, {1, 3}), {1, 3});
  CHECK_CLOSE(sum_to(a, {1, 3}), {5, 7, 9}, 0, 0);
  CHECK_SHAPE(sum_to(a, {2, 1}), {2, 1});
  CHECK_CLOSE(sum_to(a, {2, 1}), {6, 15}, 0, 0);
  CHECK_SHAPE(sum_to(a, Shape{}), Shape{});
  CHECK_CLOSE(sum_to(a, Shape{}), {21}, 0, 0);
  CHECK_SHAPE(sum_to(a, {2, 3}), {2, 3});
  CHECK_CLOSE(sum_to(a, {2, 3}), {1, 2, 3, 4, 5, 6}, 0, 0);
  const Tensor deep({2, 1, 3, 1, 1, 1}, {1, 2, 3, 4, 5, 6});
  CHECK_SHAPE(sum_to(deep, {1, 3, 1, 1, 1}), {1, 3, 1, 1, 1});
  CHECK_CLOSE(sum_to(deep, {1, 3, 1, 1, 1}), {5, 7, 9}, 0, 0);
}

TEST_CASE("sum_to agrees with loops over indices") {
  Random random(judge::seed());
  for (int round = 0; round < 40; ++round) {
    const Tensor a = random_tensor(random_shape(random, static_cast<int>(integer(random, 0, 5)), 1, 4), random);
    const Shape shape = random_narrower(a.shape(), random);
    INFO(a.shape().to_string() << " to " << shape.to_string());
    std::vector<double> expected(static_cast<std::size_t>(shape.numel()), 0.0);
    for (std::int64_t i = 0; i < a.size(); ++i) {
      const Index index = index_of(i, a.shape());
      Index target(index.end() - shape.rank(), index.end());
      for (int axis = 0; axis < shape.rank(); ++axis) {
        if (shape[axis] == 1) target[static_cast<std::size_t>(axis)] = 0;
      }
      expected[static_cast<std::size_t>(position_of(target, shape))] += static_cast<double>(a.data()[i]);
    }
    const Tensor result = sum_to(a, shape);
    CHECK_SHAPE(result, shape);
    CHECK_CLOSE(result, expected, 0, 0);
  }
}

TEST_CASE("sum_to over no elements gives zeros") {
  const Tensor nothing({0, 3}, std::vector<float>{});
  CHECK_SHAPE(sum_to(nothing, {3}), {3});
  CHECK_CLOSE(sum_to(nothing, {3}), {0, 0, 0}, 0, 0);
  CHECK_CLOSE(sum_to(nothing, {1, 3}), {0, 0, 0}, 0, 0);
  CHECK_SHAPE(sum_to(nothing, {0, 1}), {0, 1});
}

TEST_CASE("sum_to leaves its operand as it was") {
  const Tensor a({2, 2}, {1, 2, 3, 4});
  const Tensor row = sum_to(a, {2});
  const Tensor same = sum_to(a, {2, 2});
  CHECK_CLOSE(a, {1, 2, 3, 4}, 0, 0);
  CHECK_FALSE(row.shares_storage_with(a));
  CHECK_FALSE(same.shares_storage_with(a));
}

TEST_CASE("sum_to refuses a shape that cannot be broadcast to the tensor") {
  const Tensor a({2, 3}, {1, 2, 3, 4, 5, 6});
  CHECK_THROWS_AS(sum_to(a, {2}), ShapeError);
  CHECK_THROWS_AS(sum_to(a, {4}), ShapeError);
  CHECK_THROWS_AS(sum_to(a, {3, 3}), ShapeError);
  CHECK_THROWS_AS(sum_to(a, {4, 2, 3}), ShapeError);
  CHECK_THROWS_AS(sum_to(Tensor({3}, {1, 2, 3}), {2, 3}), ShapeError);
  CHECK_THROWS_AS(sum_to(Tensor({1, 3}, {1, 2, 3}), {2, 3}), ShapeError);
  CHECK_THROWS_AS(sum_to(Tensor({3}, {1, 2, 3}), {1, 3}), ShapeError);
}

// --- reductions ---

TEST_CASE("sum adds all elements") {
  const Tensor a({2, 3}, {1, 2, 3, 4, 5, 6.5F});
  CHECK_SHAPE(sum(a), Shape{});
  CHECK_CLOSE(sum(a), {21.5}, 0, 0);
  CHECK_CLOSE(sum(Tensor(Shape{}, {3})), {3}, 0, 0);
}

TEST_CASE("sum of no elements is 0") {
  CHECK_SHAPE(sum(Tensor({0, 3}, std::vector<float>{})), Shape{});
  CHECK_CLOSE(sum(Tensor({0, 3}, std::vector<float>{})), {0}, 0, 0);
}

TEST_CASE("sum and mean add in double precision") {
  // In float32, 2^24 + 1 is 2^24: every 1 would be lost.
  std::vector<float> values(1001, 1.0F);
  values[0] = 16777216.0F;
  const Tensor a({1001}, values);
  CHECK_CLOSE(sum(a), {16778216.0}, 0, 1);
  CHECK_CLOSE(mean(a), {16778216.0 / 1001}, 1e-6);
}

TEST_CASE("mean divides the sum by the number of elements") {
  const Tensor a({2, 3}, {1, 2, 3, 4, 5, 7.5F});
  CHECK_SHAPE(mean(a), Shape{});
  CHECK_CLOSE(mean(a), {3.75}, 0, 0);
}

TEST_CASE("max finds the largest element also when all are negative") {
  CHECK_SHAPE(max(Tensor({2, 2}, {1, 4, 3, 2})), Shape{});
  CHECK_CLOSE(max(Tensor({2, 2}, {1, 4, 3, 2})), {4}, 0, 0);
  CHECK_CLOSE(max(Tensor({3}, {-5, -2, -9})), {-2}, 0, 0);
  CHECK_CLOSE(max(Tensor({3}, {7, 1, 2})), {7}, 0, 0);
  CHECK_CLOSE(max(Tensor({3}, {1, 2, 7})), {7}, 0, 0);
  CHECK_CLOSE(max(Tensor({2}, {-infinity, -infinity})), std::vector<double>{-infinity}, 0, 0);
}

TEST_CASE("mean and max of no elements are refused") {
  CHECK_THROWS_AS(mean(Tensor({0, 3}, std::vector<float>{})), ValueError);
  CHECK_THROWS_AS(max(Tensor({0, 3}, std::vector<float>{})), ValueError);
}

TEST_CASE("sum mean and max are right for many elements") {
  Random random(judge::seed());
  const Tensor a = random_tensor({70001}, random);
  CHECK_CLOSE(sum(a), {sum_of(numbers(a))}, 1e-6, 0);
  CHECK_CLOSE(mean(a), {mean_of(numbers(a))}, 1e-6, 0);
  for (const std::int64_t place : {0, 35000, 70000}) {
    Tensor b(a.shape(), std::vector<float>(a.data(), a.data() + a.size()));
    b.data()[place] = 100;
    CHECK_CLOSE(max(b), {100}, 0, 0);
  }
}

TEST_CASE("sum along an axis adds rows or columns") {
  const Tensor a({2, 3}, {1, 2, 3, 4, 5, 6});
  CHECK_SHAPE(sum(a, 0), {3});
  CHECK_CLOSE(sum(a, 0), {5, 7, 9}, 0, 0);
  CHECK_SHAPE(sum(a, 1), {2});
  CHECK_CLOSE(sum(a, 1), {6, 15}, 0, 0);
  CHECK_SHAPE(sum(Tensor({3}, {1, 2, 3}), 0), Shape{});
  CHECK_CLOSE(sum(Tensor({3}, {1, 2, 3}), 0), {6}, 0, 0);
}

TEST_CASE("sum along an axis agrees with loops over indices") {
  check_reduction([](const Tensor& a, int axis) { return sum(a, axis); }, sum_of);
  check_many_reduced([](const Tensor& a, int axis) { return sum(a, axis); }, sum_of);
}

TEST_CASE("mean along an axis agrees with loops over indices") {
  check_reduction([](const Tensor& a, int axis) { return mean(a, axis); }, mean_of);
  check_many_reduced([](const Tensor& a, int axis) { return mean(a, axis); }, mean_of);
}

TEST_CASE("max along an axis agrees with loops over indices") {
  check_reduction([](const Tensor& a, int axis) { return max(a, axis); }, max_of);
  check_many_reduced([](const Tensor& a, int axis) { return max(a, axis); }, max_of);
}

TEST_CASE("max along an axis works when all elements are negative") {
  const Tensor a({2, 2}, {-4, -3, -2, -5});
  CHECK_CLOSE(max(a, 0), {-2, -3}, 0, 0);
  CHECK_CLOSE(max(a, 1), {-3, -2}, 0, 0);
}

TEST_CASE("sum and mean along an axis add in double precision") {
  std::vector<float> values(2002, 1.0F);
  values[0] = 16777216.0F;
  values[1] = 16777216.0F;
  const Tensor columns({1001, 2}, values);
  CHECK_CLOSE(sum(columns, 0), {16778216.0, 16778216.0}, 0, 1);
  CHECK_CLOSE(mean(columns, 0), {16778216.0 / 1001, 16778216.0 / 1001}, 1e-6);
  values[1] = 1.0F;
  values[1001] = 16777216.0F;
  const Tensor rows({2, 1001}, values);
  CHECK_CLOSE(sum(rows, 1), {16778216.0, 16778216.0}, 0, 1);
  CHECK_CLOSE(mean(rows, 1), {16778216.0 / 1001, 16778216.0 / 1001}, 1e-6);
}

TEST_CASE("sum mean and max keep the axis with extent 1 when asked to") {
  const Tensor a({2, 3}, {1, 2, 3, 4, 5, 6});
  CHECK_SHAPE(sum(a, 0, true), {1, 3});
  CHECK_CLOSE(sum(a, 0, true), {5, 7, 9}, 0, 0);
  CHECK_SHAPE(mean(a, 1, true), {2, 1});
  CHECK_CLOSE(mean(a, 1, true), {2, 5}, 0, 0);
  CHECK_SHAPE(max(a, -1, true), {2, 1});
  CHECK_CLOSE(max(a, -1, true), {3, 6}, 0, 0);
  const Tensor cube({2, 3, 2}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11});
  CHECK_SHAPE(sum(cube, 1, true), {2, 1, 2});
  CHECK_CLOSE(sum(cube, 1, true), {6, 9, 24, 27}, 0, 0);
}

TEST_CASE("sum along an axis without extent gives zeros") {
  const Tensor nothing({0, 3}, std::vector<float>{});
  CHECK_SHAPE(sum(nothing, 0), {3});
  CHECK_CLOSE(sum(nothing, 0), {0, 0, 0}, 0, 0);
  CHECK_CLOSE(sum(nothing, 0, true), {0, 0, 0}, 0, 0);
  CHECK_SHAPE(sum(nothing, 1), {0});
}

TEST_CASE("mean and max along an axis refuse an extent of 0") {
  const Tensor nothing({0, 3}, std::vector<float>{});
  CHECK_THROWS_AS(mean(nothing, 0), ValueError);
  CHECK_THROWS_AS(max(nothing, 0), ValueError);
  CHECK_SHAPE(mean(nothing, 1), {0});
  CHECK_SHAPE(max(nothing, 1), {0});
}

TEST_CASE("sum mean and max refuse an axis out of range") {
  check_axis_refused([](const Tensor& a, int axis) { return sum(a, axis); });
  check_axis_refused([](const Tensor& a, int axis) { return mean(a, axis); });
  check_axis_refused([](const Tensor& a, int axis) { return max(a, axis); });
}

TEST_CASE("argmax finds the index of the largest element along an axis") {
  const Tensor a({2, 3}, {1, 9, 3, 8, 5, 6});
  CHECK_SHAPE(argmax(a, 1), {2});
  CHECK_CLOSE(argmax(a, 1), {1, 0}, 0, 0);
  CHECK_SHAPE(argmax(a, 0), {3});
  CHECK_CLOSE(argmax(a, 0), {1, 0, 1}, 0, 0);
  CHECK_SHAPE(argmax(Tensor({3}, {-3, -1, -2}), 0), Shape{});
  CHECK_CLOSE(argmax(Tensor({3}, {-3, -1, -2}), 0), {1}, 0, 0);
}

TEST_CASE("argmax takes the first of equal elements") {
  const Tensor a({2, 4}, {1, 5, 5, 2, 7, 7, 7, 7});
  CHECK_CLOSE(argmax(a, 1), {1, 0}, 0, 0);
  CHECK_CLOSE(argmax(Tensor({3, 1}, {2, 4, 4}), 0), {1}, 0, 0);
  CHECK_CLOSE(argmax(Tensor({2}, {-infinity, -infinity}), 0), {0}, 0, 0);
}

TEST_CASE("argmax agrees with loops over indices") {
  check_reduction([](const Tensor& a, int axis) { return argmax(a, axis); }, argmax_of);
  check_many_reduced([](const Tensor& a, int axis) { return argmax(a, axis); }, argmax_of);
}

TEST_CASE("argmax refuses an extent of 0 and an axis out of range") {
  check_axis_refused([](const Tensor& a, int axis) { return argmax(a, axis); });
  const Tensor nothing({0, 3}, std::vector<float>{});
  CHECK_THROWS_AS(argmax(nothing, 0), ValueError);
  CHECK_SHAPE(argmax(nothing, 1), {0});
}

// --- products ---

TEST_CASE("matmul_naive multiplies a 2 by 3 with a 3 by 2 matrix") {
  const Tensor result = matmul_naive(Tensor({2, 3}, {1, 2, 3, 4, 5, 6}), Tensor({3, 2}, {7, 8, 9, 10, 11, 12}));
  CHECK_SHAPE(result, {2, 2});
  CHECK_CLOSE(result, {58, 64, 139, 154}, 0, 0);
}

TEST_CASE("matmul_naive agrees with three loops in double precision") {
  check_random_products(matmul_naive);
  check_large_products(matmul_naive);
}

TEST_CASE("matmul_naive handles extents of 0 and 1") { check_empty_products(matmul_naive); }

TEST_CASE("matmul_naive refuses what does not fit and names both shapes") {
  check_product_refuses(matmul_naive, {2, 3}, {4, 5});
  check_product_refuses(matmul_naive, {2, 3}, {2, 3});
  check_product_refuses(matmul_naive, {3}, {3, 2});
  check_product_refuses(matmul_naive, {2, 3}, {3});
  check_product_refuses(matmul_naive, {2, 3, 1}, {3, 2});
  check_product_refuses(matmul_naive, {2, 3}, {3, 2, 1});
}

TEST_CASE("matmul_blocked multiplies a 2 by 3 with a 3 by 2 matrix") {
  const Tensor result = matmul_blocked(Tensor({2, 3}, {1, 2, 3, 4, 5, 6}), Tensor({3, 2}, {7, 8, 9, 10, 11, 12}));
  CHECK_SHAPE(result, {2, 2});
  CHECK_CLOSE(result, {58, 64, 139, 154}, 0, 0);
}

TEST_CASE("matmul_blocked agrees with three loops in double precision") { check_random_products(matmul_blocked); }

TEST_CASE("matmul_blocked is right for more than one block and at their edges") {
  check_large_products(matmul_blocked);
}

TEST_CASE("matmul_blocked handles extents of 0 and 1") { check_empty_products(matmul_blocked); }

TEST_CASE("matmul_blocked refuses what does not fit and names both shapes") {
  check_product_refuses(matmul_blocked, {2, 3}, {4, 5});
  check_product_refuses(matmul_blocked, {2, 3}, {2, 3});
  check_product_refuses(matmul_blocked, {3}, {3, 2});
  check_product_refuses(matmul_blocked, {2, 3}, {3});
  check_product_refuses(matmul_blocked, {2, 3, 1}, {3, 2});
  check_product_refuses(matmul_blocked, {2, 3}, {3, 2, 1});
}

TEST_CASE("matmul multiplies a 2 by 3 with a 3 by 2 matrix") {
  const Tensor a({2, 3}, {1, 2, 3, 4, 5, 6});
  const Tensor b({3, 2}, {7, 8, 9, 10, 11, 12});
  const Tensor result = matmul(a, b);
  CHECK_SHAPE(result, {2, 2});
  CHECK_CLOSE(result, {58, 64, 139, 154}, 0, 0);
  CHECK_CLOSE(a, {1, 2, 3, 4, 5, 6}, 0, 0);
  CHECK_CLOSE(b, {7, 8, 9, 10, 11, 12}, 0, 0);
}

TEST_CASE("matmul agrees with three loops in double precision") {
  check_random_products(matmul);
  check_large_products(matmul);
}

TEST_CASE("matmul handles extents of 0 and 1") { check_empty_products(matmul); }

TEST_CASE("matmul refuses what does not fit and names both shapes") {
  check_product_refuses(matmul, {2, 3}, {4, 5});
  check_product_refuses(matmul, {2, 3}, {2, 3});
  check_product_refuses(matmul, {3}, {3, 2});
  check_product_refuses(matmul, {2, 3}, {3});
  check_product_refuses(matmul, {2, 3, 1}, {3, 2});
  check_product_refuses(matmul, {2, 3}, {3, 2, 1});
}

TEST_CASE("matmul_tn multiplies the first factor transposed") {
  const Tensor result = matmul_tn(Tensor({3, 2}, {1, 4, 2, 5, 3, 6}), Tensor({3, 2}, {7, 8, 9, 10, 11, 12}));
  CHECK_SHAPE(result, {2, 2});
  CHECK_CLOSE(result, {58, 64, 139, 154}, 0, 0);
}

TEST_CASE("matmul_tn agrees with three loops in double precision") {
  check_random_products(matmul_tn, true, false);
  check_large_products(matmul_tn, true, false);
  check_empty_products(matmul_tn, true, false);
}

TEST_CASE("matmul_tn refuses what does not fit and names both shapes") {
  check_product_refuses(matmul_tn, {2, 3}, {3, 2});
  check_product_refuses(matmul_tn, {2, 3}, {3, 4});
  check_product_refuses(matmul_tn, {3}, {3, 2});
  check_product_refuses(matmul_tn, {2, 3}, {2});
  check_product_refuses(matmul_tn, {2, 3, 1}, {2, 4});
  check_product_refuses(matmul_tn, {2, 3}, {2, 4, 1});
}

TEST_CASE("matmul_nt multiplies with the second factor transposed") {
  const Tensor result = matmul_nt(Tensor({2, 3}, {1, 2, 3, 4, 5, 6}), Tensor({2, 3}, {7, 9, 11, 8, 10, 12}));
  CHECK_SHAPE(result, {2, 2});
  CHECK_CLOSE(result, {58, 64, 139, 154}, 0, 0);
}

TEST_CASE("matmul_nt agrees with three loops in double precision") {
  check_random_products(matmul_nt, false, true);
  check_large_products(matmul_nt, false, true);
  check_empty_products(matmul_nt, false, true);
}

TEST_CASE("matmul_nt refuses what does not fit and names both shapes") {
  check_product_refuses(matmul_nt, {2, 3}, {3, 2});
  check_product_refuses(matmul_nt, {2, 3}, {3, 4});
  check_product_refuses(matmul_nt, {3}, {3, 3});
  check_product_refuses(matmul_nt, {2, 3}, {3});
  check_product_refuses(matmul_nt, {2, 3, 1}, {4, 3});
  check_product_refuses(matmul_nt, {2, 3}, {4, 3, 1});
}

// --- what is true of all of them ---

TEST_CASE("Nothing is written behind the last element of a tensor") {
  // kernels::allocate puts a word of its own there, and looks at it when the memory is released.
  Random random(judge::seed());
  const auto check = [&](const std::string& operation, const std::function<void()>& work) {
    const std::int64_t before = kernels::memory_use().overruns;
    work();
    INFO(operation << " writes past the end of its result");
    CHECK_SAME(kernels::memory_use().overruns, before);
  };
  Rng rng(judge::seed());
  const Shape shape{3, 5};
  const Tensor a = random_tensor(shape, random);
  const Tensor b = random_tensor(shape, random);
  const Tensor row = random_tensor({5}, random);
  const Tensor column = random_tensor({3, 1}, random);
  const Tensor five_by_three = random_tensor({5, 3}, random);
  check("a constructor", [&] { Tensor{shape}, Tensor(shape, std::vector<float>(15)), Tensor::full(shape, 1); });
  check("Tensor::scalar", [&] { Tensor::scalar(1); });
  check("Tensor::uniform", [&] { Tensor::uniform(shape, 0, 1, rng); });
  check("Tensor::normal", [&] { Tensor::normal(shape, 0, 1, rng); });
  check("clone", [&] { a.clone(); });
  check("transpose", [&] { a.transpose(0, 1); });
  check("slice", [&] { a.slice(0, 1, 3), a.slice(1, 0, 3); });
  check("fill", [&] { a.clone().fill(2); });
  check("arithmetic", [&] { a + b, a + row, row - a, a *column, column / a, row *column; });
  check("arithmetic in place", [&] {
    Tensor c = a.clone();
    c += b, c -= row, c *= column, c *= 2.0F;
  });
  check("arithmetic with numbers", [&] { a + 1.0F, a - 1.0F, a * 2.0F, a / 2.0F, -a; });
  check("map", [&] { map(a, [](float x) { return x; }); });
  check("sum", [&] { sum(a), sum(a, 0), sum(a, 1), sum_to(a, {5}), sum_to(a, {3, 1}); });
  check("mean", [&] { mean(a), mean(a, 0), mean(a, 1); });
  check("max", [&] { max(a), max(a, 0), max(a, 1); });
  check("argmax", [&] { argmax(a, 0), argmax(a, 1); });
  check("matmul_naive", [&] { matmul_naive(a, five_by_three); });
  check("matmul_blocked", [&] { matmul_blocked(a, five_by_three); });
  check("matmul", [&] { matmul(a, five_by_three), matmul_tn(a, b), matmul_nt(a, b); });
}

// --- comparing and printing ---

TEST_CASE("all_close accepts a difference up to the tolerance") {
  const Tensor a({2}, {1.0F, 100.0F});
  CHECK(all_close(a, Tensor({2}, {1.0F, 100.0F})));
  CHECK(all_close(a, Tensor({2}, {1.0F, 100.0005F})));
  CHECK_FALSE(all_close(a, Tensor({2}, {1.0F, 100.01F})));
  CHECK_FALSE(all_close(a, Tensor({2}, {1.0F, 99.99F})));
  CHECK_FALSE(all_close(a, Tensor({2}, {1.01F, 100.0F})));
  CHECK(all_close(a, Tensor({2}, {1.25F, 100.25F}), 0.0F, 0.5F));
  CHECK_FALSE(all_close(a, Tensor({2}, {1.25F, 100.75F}), 0.0F, 0.5F));
  CHECK(all_close(a, Tensor({2}, {1.5F, 100.5F}), 0.0F, 0.5F));  // exactly the tolerance
}

TEST_CASE("all_close takes the relative tolerance of the second tensor") {
  const Tensor small({1}, {1.0F});
  const Tensor large({1}, {-2.0F});
  CHECK(all_close(small, large, 1.6F, 0.0F));        // 3 <= 1.6 * 2
  CHECK_FALSE(all_close(large, small, 1.6F, 0.0F));  // 3 > 1.6 * 1
  CHECK(all_close(Tensor({1}, {-1.0F}), Tensor({1}, {-1.1F}), 0.1F, 0.0F));
}

TEST_CASE("all_close refuses other shapes") {
  CHECK_FALSE(all_close(Tensor({2, 1}, {1, 2}), Tensor({2}, {1, 2})));
  CHECK_FALSE(all_close(Tensor({2}, {1, 1}), Tensor({1}, {1})));
  CHECK_FALSE(all_close(Tensor({1}, {1}), Tensor({2}, {1, 1})));
  CHECK(all_close(Tensor({0, 2}, std::vector<float>{}), Tensor({0, 2}, std::vector<float>{})));
  CHECK_FALSE(all_close(Tensor({0, 2}, std::vector<float>{}), Tensor({2, 0}, std::vector<float>{})));
}

TEST_CASE("all_close finds NaN equal to nothing") {
  CHECK_FALSE(all_close(Tensor({2}, {1, not_a_number}), Tensor({2}, {1, not_a_number})));
  CHECK_FALSE(all_close(Tensor({2}, {1, not_a_number}), Tensor({2}, {1, 2})));
  CHECK_FALSE(all_close(Tensor({2}, {1, 2}), Tensor({2}, {not_a_number, 2})));
}

TEST_CASE("to_string writes nested brackets") {
  CHECK_SAME(to_string(Tensor({2, 2}, {1, 2, 3, 4})), "[[1, 2], [3, 4]]");
  CHECK_SAME(to_string(Tensor({3}, {1, 2, 3})), "[1, 2, 3]");
  CHECK_SAME(to_string(Tensor({2, 1, 2}, {1, 2, 3, 4})), "[[[1, 2]], [[3, 4]]]");
}

TEST_CASE("to_string writes a scalar without brackets and nothing as empty brackets") {
  CHECK_SAME(to_string(Tensor(Shape{}, {2.5F})), "2.5");
  CHECK_SAME(to_string(Tensor()), "[]");
  CHECK_SAME(to_string(Tensor({2, 0}, std::vector<float>{})), "[[], []]");
}

TEST_CASE("to_string writes four significant digits") {
  CHECK_SAME(to_string(Tensor({5}, {3.14159F, -0.5F, 1e10F, 12346, 1e-5F})), "[3.142, -0.5, 1e+10, 1.235e+04, 1e-05]");
}

TEST_CASE("to_string shortens axes of more than six entries") {
  CHECK_SAME(to_string(Tensor({6}, {1, 2, 3, 4, 5, 6})), "[1, 2, 3, 4, 5, 6]");
  CHECK_SAME(to_string(Tensor({7}, {1, 2, 3, 4, 5, 6, 7})), "[1, 2, 3, ..., 5, 6, 7]");
  std::vector<float> values(64);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i);
  CHECK_SAME(to_string(Tensor({32, 2}, values)), "[[0, 1], [2, 3], [4, 5], ..., [58, 59], [60, 61], [62, 63]]");
  CHECK_SAME(to_string(Tensor({2, 32}, values)), "[[0, 1, 2, ..., 29, 30, 31], [32, 33, 34, ..., 61, 62, 63]]");
}
