#include "tito/actions/reference.hpp"

#include "tito/course/skeleton.hpp"
#include "tito/system/files.hpp"

namespace tito {

fs::path reference_source(const Kit& kit, const Course& course, const std::string& slug) {
  return kit.modules_folder() / folder_name(course.track(course.default_track()), slug) / (slug + ".cpp");
}

Body given_body(const Kit& kit, const Course& course, const std::string& slug) {
  if (kit.has("fast", slug)) return kit.fast_body(slug);
  return {kit.object("body", slug), reference_source(kit, course, slug)};
}

std::string skeleton_of(const Kit& kit, const Course& course, const std::string& slug) {
  const fs::path reference = reference_source(kit, course, slug);
  return make_skeleton(read_file(reference), slug, reference.string());
}

}  // namespace tito
