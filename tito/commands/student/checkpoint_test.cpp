#include "tito/actions/check_module.hpp"
#include "tito/actions/prove_checkpoint.hpp"
#include "tito/commands/commands.hpp"
#include "tito/views/verdict.hpp"

namespace tito {
namespace {

struct Options {
  std::string checkpoint;
  bool all = false;
  std::optional<std::uint64_t> seed;
};

Proof prove_one(Context& context, const std::string& checkpoint, const Options& options) {
  ProgressBar bar(context.screen, 1, !context.json);
  bar.show(0, "proving " + checkpoint);
  return prove(context.session(), checkpoint, options.seed.value_or(new_seed()));
}

void test(Context& context, const Options& options) {
  const Track& track = context.workspace().track();
  std::vector<std::string> wanted;
  if (options.checkpoint == "all") {
    const Progress progress = context.workspace().progress_file().load();
    for (const std::string& slug : track.order) {
      const auto module = progress.modules.find(slug);
      if (module != progress.modules.end() && module->second.exported)
        wanted.push_back(context.course().module(slug).checkpoint);
    }
    if (wanted.empty())
      throw Failure(Exit::work_failed, "no module is exported yet, so there is nothing to prove", "tito next");
  } else {
    wanted.push_back(resolve_checkpoint(context.course(), track, options.checkpoint));
  }
  nlohmann::json checkpoints = nlohmann::json::array();
  for (const std::string& checkpoint : wanted) {
    const Proof proof = prove_one(context, checkpoint, options);
    if (!proof.passed()) context.exit = Exit::work_failed;
    nlohmann::json one = json_of(proof.verdict);
    one["checkpoint"] = checkpoint;
    one["module"] = context.course().module_of_checkpoint(checkpoint)->slug;
    one["linked"] = proof.linked;
    one["passed_all"] = proof.passed();
    checkpoints.push_back(one);
    print_proof(context.screen, checkpoint, proof, options.all ? Extent::all : Extent::first);
  }
  if (options.checkpoint == "all") context.result = {{"checkpoints", checkpoints}};
  else context.result = checkpoints.front();
}

}  // namespace

void add_checkpoint_test(CLI::App& group, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* tester = group.add_subcommand("test", "Prove a capability again with what your package holds");
  tester
      ->add_option("CHECKPOINT", options->checkpoint,
                   "Its name, the number or slug of its module, or \"all\" for every exported module's")
      ->required()
      ->option_text(" ");
  tester->add_flag("--all", options->all, "Show every failure");
  add_seed_option(tester, options->seed);
  tester->footer("Examples:\n  tito checkpoint test foundation\n  tito checkpoint test all");
  tester->callback([&context, options] { test(context, *options); });
}

}  // namespace tito
