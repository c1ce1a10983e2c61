#include "tito/views/checkpoints.hpp"

namespace tito {
namespace {

nlohmann::json json_of_checkpoint(const Session& session, const std::string& slug, const Standing& standing,
                                  const Progress& progress) {
  const Module& module = session.course.module(slug);
  nlohmann::json one = {{"checkpoint", module.checkpoint},
                        {"module", slug},
                        {"number", number_in(session.workspace.track(), slug)},
                        {"capability", module.capability},
                        {"state", name_of(standing.checkpoints.at(module.checkpoint))}};
  const auto proven = progress.checkpoints.find(module.checkpoint);
  if (proven != progress.checkpoints.end()) {
    one["proven_at"] = proven->second.evidence.at;
    one["planned"] = proven->second.evidence.planned;
    one["passed"] = proven->second.evidence.passed;
    one["measures"] = json_of(proven->second.measures);
  }
  return one;
}

}  // namespace

nlohmann::json json_of_checkpoints(const Session& session, const Standing& standing, const Progress& progress) {
  const Track& track = session.workspace.track();
  nlohmann::json checkpoints = nlohmann::json::array();
  for (const std::string& slug : track.order) {
    checkpoints.push_back(json_of_checkpoint(session, slug, standing, progress));
  }
  return {
      {"track", track.name}, {"done", standing.proven()}, {"total", checkpoints.size()}, {"checkpoints", checkpoints}};
}

}  // namespace tito
