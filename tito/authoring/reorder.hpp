// Another order of a course: what changes in course.json, and where the numbers of folders are mentioned.
//
// All of it is text to text; nothing is read or written here.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tito/course/course.hpp"
#include "tito/system/json_text.hpp"

namespace tito {

// The order that a user writes as "setup,tensor,...": every module once, each behind what it needs.
// throws: Failure(Exit::usage) naming a slug that is unknown, missing or there twice, or the pair that breaks the
// needs.
std::vector<std::string> read_order(const Course& course, const std::string& words);

// A text of a transition that an author has to look at, since the next module is another one now.
struct Handover {
  std::string module;
  std::string follower;  // slug; empty where the module is the last one now
  std::string leaves;    // what stands there now, or stood there where the module is the last one
  std::string reason;
  std::string suggestion;  // what another track says between the two; empty where none has them so
};

struct TrackChange {
  std::string text;  // of course.json
  bool is_new = false;
  std::vector<Handover> handovers;
};

// The text of course.json with a track in another order, or with a new track. In a track that is there, each module
// keeps its text; in a new one, it gets what another track says between the two, or its text in the default track.
// `title`: of the track; empty leaves it as it is, and makes one of a new track's name.
TrackChange with_order(const Course& course, const std::string& text, const std::string& track,
                       const std::vector<std::string>& order, const std::string& title);

// An element of a track's "order", {"module": .., "leaves": ..}: as it stands at `like` where it says the same, else in
// the same form.
std::string track_step(const std::string& text, const JsonPlace& like, const std::string& slug,
                       const std::optional<std::string>& leaves);

// Folders of modules whose number changes: slug -> "06_slug" now and "07_slug" then.
struct Renumbering {
  std::string slug;
  std::string from;
  std::string to;
};

// In the order they have now. A module that is in one of the two tracks alone is in none of these.
std::vector<Renumbering> renumberings(const Track& now, const Track& then);

// A place in a text where a numbered folder is mentioned.
struct Mention {
  int line = 0;
  std::string before;  // "06_slug"
  std::string after;   // "07_slug"
};

// The text with the new numbers: in "06_slug" wherever it stands as a word, and in "06 slug" on a line that
// names the folder, too. What was changed is added to `mentions`.
// throws: Failure(Exit::usage) naming `origin` and the line where the text has a number already that a module only
//         gets: after the change nobody could tell the two apart.
std::string with_numbers(std::string_view text, const std::vector<Renumbering>& renumberings, const std::string& origin,
                         std::vector<Mention>& mentions);

}  // namespace tito
