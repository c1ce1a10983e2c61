#include "tito/authoring/reorder.hpp"

#include <algorithm>
#include <cctype>
#include <optional>
#include <set>
#include <sstream>

#include "tito/system/failure.hpp"
#include "tito/system/json.hpp"
#include "tito/system/json_text.hpp"
#include "tito/system/spelling.hpp"
#include "tito/system/text.hpp"

namespace tito {
namespace {

// The one behind a module in a track; empty for the last one and for one that is not in it.
std::string follower_of(const Track& track, const std::string& slug) {
  const auto found = std::find(track.order.begin(), track.order.end(), slug);
  return found == track.order.end() || found + 1 == track.order.end() ? "" : *(found + 1);
}

// What some track says between two modules.
std::string said_between(const Course& course, const std::string& slug, const std::string& follower) {
  for (const auto& [name, track] : course.tracks()) {
    if (follower_of(track, slug) == follower) return track.leaves.at(slug);
  }
  return "";
}

// "images-first" -> "Images first"
std::string title_from(std::string name) {
  std::replace(name.begin(), name.end(), '-', ' ');
  std::replace(name.begin(), name.end(), '_', ' ');
  name[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(name[0])));
  return name;
}

// What a module leaves in its new place, and what an author has to know of it.
class Leaves {
 public:
  Leaves(const Course& course, const Track& old, bool is_new) : course_(course), old_(old), is_new_(is_new) {}

  std::optional<std::string> text(const std::string& slug, const std::string& follower) {
    const auto own = old_.leaves.find(slug);
    if (follower.empty()) {
      if (own != old_.leaves.end() && !is_new_)
        note({slug, "", own->second, "it is the last one now, and hands over to none", ""});
      return std::nullopt;
    }
    const std::string before = follower_of(old_, slug), suggestion = said_between(course_, slug, follower);
    if (own != old_.leaves.end() && before == follower) return own->second;
    if (is_new_ && !suggestion.empty()) return suggestion;
    if (own == old_.leaves.end()) {
      const std::string made =
          suggestion.empty() ? "Need what " + course_.module(follower).title + " brings" : suggestion;
      note({slug, follower, made, "it was the last one, and said nothing", suggestion});
      return made;
    }
    note({slug, follower, own->second, "it was said of " + before, suggestion});
    return own->second;
  }

  const std::vector<Handover>& handovers() const { return handovers_; }

 private:
  void note(const Handover& one) { handovers_.push_back(one); }

  const Course& course_;
  const Track& old_;
  bool is_new_;
  std::vector<Handover> handovers_;
};

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Whether a word may begin at `at`. "\n06_slug" inside of a string begins one, too.
bool begins_word(std::string_view line, std::size_t at) {
  if (at == 0 || !is_word(line[at - 1])) return true;
  return at > 1 && line[at - 2] == '\\' && std::string_view("ntr").find(line[at - 1]) != std::string_view::npos;
}

// A number, a character between, and the slug of a module.
struct Numbered {
  std::size_t begin = 0;
  std::string word;
  char between = 0;
  const Renumbering* module = nullptr;
};

// All in a line of text.
std::vector<Numbered> numbered_in(std::string_view line, const std::vector<Renumbering>& renumberings) {
  std::vector<Numbered> found;
  for (std::size_t at = 0; at < line.size(); ++at) {
    if (!is_digit(line[at]) || !begins_word(line, at)) continue;
    std::size_t end = at;
    while (end < line.size() && is_digit(line[end])) ++end;
    if (end - at < 2 || end >= line.size() || (line[end] != '_' && line[end] != ' ')) continue;
    const std::string_view rest = line.substr(end + 1);
    const Renumbering* longest = nullptr;
    for (const Renumbering& one : renumberings) {
      const std::size_t size = one.slug.size();
      const bool whole = rest.starts_with(one.slug) && (rest.size() == size || !is_word(rest[size]));
      if (whole && (longest == nullptr || longest->slug.size() < size)) longest = &one;
    }
    if (longest == nullptr) continue;
    found.push_back({at, std::string(line.substr(at, end + 1 - at + longest->slug.size())), line[end], longest});
    at = end;
  }
  return found;
}

// The name of a folder, with another character between number and slug.
std::string spelled(std::string folder, char between) {
  folder[folder.find('_')] = between;
  return folder;
}

}  // namespace

std::vector<std::string> read_order(const Course& course, const std::string& words) {
  const std::vector<std::string>& known = course.track(course.default_track()).order;
  const std::string way_out = "name each module once, with commas between: " + listed(known);
  std::vector<std::string> order;
  std::istringstream stream(words);
  for (std::string slug; std::getline(stream, slug, ',');) {
    slug.erase(0, slug.find_first_not_of(' '));
    slug.erase(slug.find_last_not_of(' ') + 1);
    if (!course.has_module(slug)) {
      const std::string near = nearest(slug, known);
      throw Failure(
          Exit::usage,
          "--order: there is no module \"" + slug + "\"" + (near.empty() ? "" : "; did you mean \"" + near + "\"?"),
          way_out);
    }
    if (std::find(order.begin(), order.end(), slug) != order.end()) {
      throw Failure(Exit::usage, "--order: \"" + slug + "\" stands there twice", way_out);
    }
    for (const std::string& need : course.module(slug).needs) {
      if (std::find(order.begin(), order.end(), need) == order.end()) {
        throw Failure(
            Exit::usage, "--order: \"" + slug + "\" needs \"" + need + "\", which does not come before it",
            "put " + need + " before " + slug + ", or change the needs of " + slug + " in course.json and in its code");
      }
    }
    order.push_back(slug);
  }
  for (const std::string& slug : known) {
    if (std::find(order.begin(), order.end(), slug) == order.end()) {
      throw Failure(Exit::usage, "--order: \"" + slug + "\" is missing", way_out);
    }
  }
  return order;
}

std::string track_step(const std::string& text, const JsonPlace& like, const std::string& slug,
                       const std::optional<std::string>& leaves) {
  const std::string written = text.substr(like.begin, like.end - like.begin);
  json wanted = {{"module", slug}};
  if (leaves) wanted["leaves"] = *leaves;
  if (json::parse(written) == wanted) return written;
  std::vector<std::pair<std::string, std::string>> members{{"module", json_string(slug)}};
  if (leaves) members.emplace_back("leaves", json_string(*leaves));
  return json_object_like(text, like, members);
}

TrackChange with_order(const Course& course, const std::string& text, const std::string& track,
                       const std::vector<std::string>& order, const std::string& title) {
  TrackChange change;
  change.is_new = !course.tracks().contains(track);
  const std::string& like = change.is_new ? course.default_track() : track;
  const Track& old = course.track(like);
  // The track's own text, by itself: a new one begins as a copy of the default track.
  const JsonPlace place = json_place(text, {"tracks", like});
  std::string own = text.substr(place.value, place.end - place.value);
  const std::vector<JsonPlace> slots = json_places(own, json_place(own, {"order"}).value);
  Leaves leaves(course, old, change.is_new);
  std::vector<std::string> elements;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const std::optional<std::string> said = leaves.text(order[i], i + 1 < order.size() ? order[i + 1] : "");
    elements.push_back(
        track_step(own, slots.at(static_cast<std::size_t>(number_in(old, order[i])) - 1), order[i], said));
  }
  for (std::size_t i = slots.size(); i-- > 0;) own.replace(slots[i].begin, slots[i].end - slots[i].begin, elements[i]);
  if (change.is_new || !title.empty()) {
    const JsonPlace old_title = json_place(own, {"title"});
    own.replace(old_title.value, old_title.end - old_title.value,
                json_string(title.empty() ? title_from(track) : title));
  }
  change.handovers = leaves.handovers();
  if (change.is_new) {
    const std::size_t tracks = json_place(text, {"tracks"}).value;
    change.text =
        with_json_inserted(text, tracks, json_places(text, tracks).size() - 1, json_string(track) + ": " + own);
  } else {
    change.text = text.substr(0, place.value) + own + text.substr(place.end);
  }
  return change;
}

std::vector<Renumbering> renumberings(const Track& now, const Track& then) {
  std::vector<Renumbering> all;
  for (const std::string& slug : now.order) {
    if (std::find(then.order.begin(), then.order.end(), slug) == then.order.end()) continue;
    const std::string from = folder_name(now, slug), to = folder_name(then, slug);
    if (from != to) all.push_back({slug, from, to});
  }
  return all;
}

std::string with_numbers(std::string_view text, const std::vector<Renumbering>& renumberings, const std::string& origin,
                         std::vector<Mention>& mentions) {
  std::string result;
  int number = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size() - 1) + 1;
    const std::string_view line = text.substr(at, end - at);
    ++number;
    const std::vector<Numbered> found = numbered_in(line, renumberings);
    std::size_t copied = 0;
    for (const Numbered& one : found) {
      const bool has_folder = std::any_of(found.begin(), found.end(), [&](const Numbered& other) {
        return other.between == '_' && other.module == one.module &&
               (other.word == one.module->from || other.word == one.module->to);
      });
      if (!has_folder) continue;
      const std::string from = spelled(one.module->from, one.between), to = spelled(one.module->to, one.between);
      if (one.word == to) {
        throw Failure(Exit::usage,
                      origin + ":" + std::to_string(number) + ": \"" + to + "\" stands there already, while " +
                          one.module->slug + " is still " + one.module->from,
                      "mend that line first: after the change nobody could tell which of the two was meant");
      }
      if (one.word != from) continue;
      result.append(line.substr(copied, one.begin - copied)).append(to);
      copied = one.begin + one.word.size();
      mentions.push_back({number, from, to});
    }
    result.append(line.substr(copied));
    at = end;
  }
  return result;
}

}  // namespace tito
