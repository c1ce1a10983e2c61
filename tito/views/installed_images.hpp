// The images of a data set as pictures, and their statistics as a table.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tito/actions/installed_images.hpp"
#include "tito/ui/picture.hpp"
#include "tito/ui/screen.hpp"

namespace tito {

// With its number and the name of its class below each.
std::vector<Picture> pictures_of(const InstalledSet& installed, const ChosenImages& chosen);

// The title of what is shown, what is said of it, and whether anybody has compared the files' contents.
void print_heading(Screen& screen, const InstalledSet& installed, const std::string& text);

// A column for each part, a row for each class; below, what is known of the pixels.
void print_statistics(Screen& screen, const InstalledSet& installed, const std::vector<PartStatistics>& parts);

nlohmann::json json_of(const DataSet& set, const PartStatistics& part);

}  // namespace tito
