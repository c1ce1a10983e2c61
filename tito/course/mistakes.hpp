// The named wrong solutions of a module, modules/NN_slug/mistakes.md.
//
//   ## The bias gradient is not summed over the batch
//
//   In LinearFunction::backward; the checkpoint fails, too.
//
//   Why a student writes this.
//
//   ```cpp
//   the reference body's text
//   ```
//
//   ```cpp
//   what stands there instead
//   ```
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tito {

struct Mistake {
  std::string name;      // the heading
  std::string function;  // a region's name
  bool fails_checkpoint = false;
  std::string right;
  std::string wrong;
  int line = 0;  // of the heading
};

// throws: Failure(Exit::damaged) naming `origin` and the line for whatever is not as above.
std::vector<Mistake> read_mistakes(std::string_view text, const std::string& origin);

// The reference body with one mistake in it. The text to replace must occur exactly once in the regions of the
// mistake's function; blanks at its beginning do not count.
// throws: Failure(Exit::damaged).
std::string with_mistake(const std::string& body, const Mistake& mistake, const std::string& origin);

}  // namespace tito
