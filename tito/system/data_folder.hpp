// Where this user's data sets are.
#pragma once

#include <filesystem>
#include <optional>

namespace tito {

// What TITO_DATA says, else $XDG_DATA_HOME/tito, else ~/.local/share/tito; nothing where none of the three is known.
// judge::data_folder() says the same, held by tests/judge/data_folder_test.cpp.
std::optional<std::filesystem::path> data_folder();

}  // namespace tito
