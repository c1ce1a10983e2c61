// Our own: dtl was looked at and takes 95 MB for two texts of 3,000 lines that have little in common, 3 MB here;
// libgit2, the one package with xdiff, brings libssh2, mbed TLS and Kerberos.
#include "tito/system/diff.hpp"

#include <algorithm>
#include <optional>
#include <unordered_map>

namespace tito {
namespace {

// Beyond so many edits from each end, a part counts as changed altogether: the search takes time by the square of it.
constexpr std::ptrdiff_t max_edits = 4000;

// One run of the algorithm. The texts are sequences of numbers, equal where lines are equal.
class Comparison {
 public:
  Comparison(std::vector<std::size_t> before, std::vector<std::size_t> after)
      : before_(std::move(before)), after_(std::move(after)), removed(before_.size()), added(after_.size()) {
    compare(0, size(before_), 0, size(after_));
  }

 private:
  using Index = std::ptrdiff_t;

  struct Point {
    Index old_line;
    Index new_line;
  };

  static Index size(const std::vector<std::size_t>& lines) { return static_cast<Index>(lines.size()); }

  bool same(Index old_line, Index new_line) const {
    return before_[static_cast<std::size_t>(old_line)] == after_[static_cast<std::size_t>(new_line)];
  }

  void compare(Index old_begin, Index old_end, Index new_begin, Index new_end) {
    while (old_begin < old_end && new_begin < new_end && same(old_begin, new_begin)) ++old_begin, ++new_begin;
    while (old_begin < old_end && new_begin < new_end && same(old_end - 1, new_end - 1)) --old_end, --new_end;
    std::optional<Point> middle;
    if (old_begin < old_end && new_begin < new_end) middle = meeting_point(old_begin, old_end, new_begin, new_end);
    if (!middle) {
      std::fill(removed.begin() + old_begin, removed.begin() + old_end, true);
      std::fill(added.begin() + new_begin, added.begin() + new_end, true);
      return;
    }
    compare(old_begin, middle->old_line, new_begin, middle->new_line);
    compare(middle->old_line, old_end, middle->new_line, new_end);
  }

  // A point on a shortest path from one corner of the part to the other, found by searching from both until the two
  // searches meet. Neither corner, since both texts are neither empty nor start or end alike, so at least one edit
  // lies on either side. Diagonal k holds the points with x - y = k; `forward` and `backward` hold the furthest x on
  // each that so many edits reach; backward diagonals are counted from the far corner's, `shift`.
  std::optional<Point> meeting_point(Index old_begin, Index old_end, Index new_begin, Index new_end) {
    const Index n = old_end - old_begin, m = new_end - new_begin, shift = n - m, offset = n + m + 1;
    std::vector<Index> forward(static_cast<std::size_t>(2 * offset + 1), 0);
    std::vector<Index> backward(forward.size(), n);
    const auto at = [&](std::vector<Index>& reach, Index k) -> Index& {
      return reach[static_cast<std::size_t>(k + offset)];
    };
    const auto inside = [&](Index x, Index y) { return x >= 0 && x <= n && y >= 0 && y <= m; };
    const bool meet_forward = shift % 2 != 0;
    for (Index edits = 0; edits <= std::min((n + m + 1) / 2, max_edits); ++edits) {
      for (Index k = -edits; k <= edits; k += 2) {
        Index x = 0;
        if (edits > 0)
          x = k == -edits || (k != edits && at(forward, k - 1) < at(forward, k + 1)) ? at(forward, k + 1)
                                                                                     : at(forward, k - 1) + 1;
        Index y = x - k;
        while (x < n && y < m && same(old_begin + x, new_begin + y)) ++x, ++y;
        at(forward, k) = x;
        const bool searched = k - shift >= -(edits - 1) && k - shift <= edits - 1;
        if (meet_forward && searched && inside(x, y) && x >= at(backward, k - shift))
          return Point{old_begin + x, new_begin + y};
      }
      for (Index j = -edits; j <= edits; j += 2) {
        const Index k = j + shift;
        Index x = n;
        if (edits > 0)
          x = j == edits || (j != -edits && at(backward, j - 1) < at(backward, j + 1)) ? at(backward, j - 1)
                                                                                       : at(backward, j + 1) - 1;
        Index y = x - k;
        while (x > 0 && y > 0 && y <= m && x <= n && same(old_begin + x - 1, new_begin + y - 1)) --x, --y;
        at(backward, j) = x;
        if (!meet_forward && k >= -edits && k <= edits && inside(x, y) && x <= at(forward, k))
          return Point{old_begin + x, new_begin + y};
      }
    }
    return std::nullopt;
  }

  std::vector<std::size_t> before_;
  std::vector<std::size_t> after_;

 public:
  std::vector<bool> removed;  // line of the old text -> whether it is not in the new one
  std::vector<bool> added;
};

}  // namespace

Lines split_lines(std::string_view text) {
  Lines lines;
  while (!text.empty()) {
    const std::size_t length = std::min(text.find('\n'), text.size() - 1) + 1;
    lines.push_back(text.substr(0, length));
    text.remove_prefix(length);
  }
  return lines;
}

std::vector<Change> changes_between(const Lines& before, const Lines& after) {
  std::unordered_map<std::string_view, std::size_t> numbers;
  const auto numbered = [&](const Lines& lines) {
    std::vector<std::size_t> all;
    for (const std::string_view line : lines) all.push_back(numbers.emplace(line, numbers.size()).first->second);
    return all;
  };
  std::vector<std::size_t> old_numbers = numbered(before), new_numbers = numbered(after);
  const Comparison comparison(std::move(old_numbers), std::move(new_numbers));
  std::vector<Change> changes;
  for (std::size_t i = 0, j = 0; i < before.size() || j < after.size();) {
    const std::size_t old_begin = i, new_begin = j;
    while (i < before.size() && comparison.removed[i]) ++i;
    while (j < after.size() && comparison.added[j]) ++j;
    if (i > old_begin || j > new_begin) changes.push_back({old_begin, i, new_begin, j});
    if (i < before.size()) ++i, ++j;  // what is neither removed nor added stands in both
  }
  return changes;
}

ChangeCount count_changes(std::string_view before, std::string_view after) {
  ChangeCount count;
  for (const Change& change : changes_between(split_lines(before), split_lines(after))) {
    count.removed += change.old_end - change.old_begin;
    count.added += change.new_end - change.new_begin;
  }
  return count;
}

std::string Hunk::header() const {
  // An empty range is named by the line before it.
  const auto range = [](std::size_t begin, std::size_t count) {
    return std::to_string(count == 0 ? begin : begin + 1) + (count == 1 ? "" : "," + std::to_string(count));
  };
  return "@@ -" + range(old_begin, old_count) + " +" + range(new_begin, new_count) + " @@";
}

std::vector<Hunk> hunks_between(std::string_view before, std::string_view after, std::size_t context) {
  const Lines old_lines = split_lines(before), new_lines = split_lines(after);
  const std::vector<Change> changes = changes_between(old_lines, new_lines);
  std::vector<Hunk> hunks;
  std::size_t shown = 0;  // lines of the old text that the last hunk has come to
  const auto extend = [&](char mark, const Lines& lines, std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) hunks.back().lines.push_back({mark, lines[i]});
    if (mark != '+') hunks.back().old_count += end - begin;
    if (mark != '-') hunks.back().new_count += end - begin;
  };
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const Change& change = changes[i];
    if (hunks.empty() || change.old_begin - shown > context) {
      const std::size_t before_it = std::min(context, change.old_begin);
      hunks.push_back({change.old_begin - before_it, 0, change.new_begin - before_it, 0, {}});
      shown = change.old_begin - before_it;
    }
    extend(' ', old_lines, shown, change.old_begin);
    extend('-', old_lines, change.old_begin, change.old_end);
    extend('+', new_lines, change.new_begin, change.new_end);
    const std::size_t next = i + 1 < changes.size() ? changes[i + 1].old_begin : old_lines.size();
    shown = std::min(next, change.old_end + context);
    extend(' ', old_lines, change.old_end, shown);
  }
  return hunks;
}

std::string unified_diff(std::string_view before, std::string_view after, const std::string& old_name,
                         const std::string& new_name) {
  std::string text;
  for (const Hunk& hunk : hunks_between(before, after)) {
    text += hunk.header() + "\n";
    for (const DiffLine& line : hunk.lines) {
      text += line.mark;
      text += line.text;
      if (!line.text.ends_with('\n')) text += "\n\\ No newline at end of file\n";
    }
  }
  return text.empty() ? text : "--- " + old_name + "\n+++ " + new_name + "\n" + text;
}

}  // namespace tito
