// The course of this source tree, as it stands in its sources.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tito/course/course.hpp"
#include "tito/system/files.hpp"

inline const std::filesystem::path source_root = TEST_SOURCE_DIR;

inline const tito::Course& real_course() {
  static const tito::Course loaded(source_root / "modules" / "course.json");
  return loaded;
}

// The track by which the folders are numbered.
inline const tito::Track& home_track() { return real_course().track(real_course().default_track()); }

inline const std::vector<std::string>& slugs() { return home_track().order; }

inline std::filesystem::path folder_of(const std::string& slug) {
  return source_root / "modules" / tito::folder_name(home_track(), slug);
}

inline std::filesystem::path body_of(const std::string& slug) { return folder_of(slug) / (slug + ".cpp"); }
