#include "tito/ui/font.hpp"

#include <algorithm>
#include <string_view>

namespace tito {
namespace {

// Characters beside each other, six columns each, as they look.
struct Strip {
  std::string_view characters;
  std::array<std::string_view, glyph_rows> rows;
};

// clang-format off
constexpr Strip strips[] = {
    {"0123456789",
     {" ###    #    ###  #####    #  #####  ##   #####  ###   ###  ",
      "#   #  ##   #   #    #    ##  #      #        # #   # #   # ",
      "#  ##   #       #   #    # #  ####  #        #  #   # #   # ",
      "# # #   #     ##     #  #  #      # ####    #    ###   #### ",
      "##  #   #    #        # #####     # #   #  #    #   #     # ",
      "#   #   #   #     #   #    #  #   # #   #  #    #   #    #  ",
      " ###   ###  #####  ###     #   ###   ###   #     ###   ##   "}},
    {"ABCDEFGHIJKLM",
     {" ###  ####   ###  ####  ##### #####  ###  #   #  ###    ### #   # #     #   # ",
      "#   # #   # #   # #   # #     #     #   # #   #   #      #  #  #  #     ## ## ",
      "#   # #   # #     #   # #     #     #     #   #   #      #  # #   #     # # # ",
      "##### ####  #     #   # ####  ####  # ### #####   #      #  ##    #     # # # ",
      "#   # #   # #     #   # #     #     #   # #   #   #      #  # #   #     #   # ",
      "#   # #   # #   # #   # #     #     #   # #   #   #   #  #  #  #  #     #   # ",
      "#   # ####   ###  ####  ##### #      #### #   #  ###   ##   #   # ##### #   # "}},
    {"NOPQRSTUVWXYZ",
     {"#   #  ###  ####   ###  ####   #### ##### #   # #   # #   # #   # #   # ##### ",
      "#   # #   # #   # #   # #   # #       #   #   # #   # #   # #   # #   #     # ",
      "##  # #   # #   # #   # #   # #       #   #   # #   # #   #  # #  #   #    #  ",
      "# # # #   # ####  #   # ####   ###    #   #   # #   # # # #   #    # #    #   ",
      "#  ## #   # #     # # # # #       #   #   #   # #   # # # #  # #    #    #    ",
      "#   # #   # #     #  #  #  #      #   #   #   #  # #  ## ## #   #   #   #     ",
      "#   #  ###  #      ## # #   # ####    #    ###    #   #   # #   #   #   ##### "}},
    {"abcdefghijklm",
     {"      #               #         ##        #       #      #  #      ##         ",
      "      #               #        #          #                 #       #         ",
      " ###  ####   ###   ####  ###  ####   #### ####   ##     ##  #  #    #   ## #  ",
      "    # #   # #     #   # #   #  #    #   # #   #   #      #  # #     #   # # # ",
      " #### #   # #     #   # #####  #     #### #   #   #      #  ##      #   # # # ",
      "#   # #   # #     #   # #      #        # #   #   #   #  #  # #     #   # # # ",
      " #### ####   ###   ####  ###   #     ###  #   #  ###   ##   #  #   ###  #   # "}},
    {"nopqrstuvwxyz",
     {"                                     #                                        ",
      "                                     #                                        ",
      "####   ###  ####   #### # ##  ###   ####  #   # #   # #   # #   # #   # ##### ",
      "#   # #   # #   # #   # ##  #        #   ##   # #   # # # #  # #  #   #    #  ",
      "#   # #   # ####   #### #     ###    #    #   # #   # # # #   #    ####   #   ",
      "#   # #   # #         # #        #   #    #  ##  # #  # # #  # #      #  #    ",
      "#   #  ###  #         # #     ###     ##   ## #   #    # #  #   #  ###  ##### "}},
    {" -/.,:#()'_+&",
     {"                #                    # #     #   #      #                ##   ",
      "                #              ##    # #    #     #     #           #   #  #  ",
      "               #               ##   #####  #       #   #            #   # #   ",
      "      #####   #                      # #   #       #              #####  #    ",
      "             #           ##    ##   #####  #       #                #   # # # ",
      "            #      ##     #    ##    # #    #     #                 #   #  #  ",
      "            #      ##    #           # #     #   #          #####        ## # "}},
};
// clang-format on

}  // namespace

Glyph glyph_of(char c) {
  Glyph glyph{};
  for (const Strip& strip : strips) {
    const std::size_t at = strip.characters.find(c);
    if (at == std::string_view::npos) continue;
    for (std::size_t row = 0; row < glyph_rows; ++row) {
      for (std::size_t column = 0; column < glyph_columns; ++column)
        glyph[row][column] = strip.rows[row][(glyph_columns + 1) * at + column] == '#';
    }
    return glyph;
  }
  glyph.front().fill(true);
  glyph.back().fill(true);
  for (auto& row : glyph) row.front() = row.back() = true;
  return glyph;
}

}  // namespace tito
