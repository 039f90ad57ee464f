// apq-torch: the commands that need LibTorch. `apq` starts it.
#include "app/command.hpp"
#include "common/core/heap.hpp"
#include "common/mpi/run_main.hpp"

namespace {

using namespace apq::app;

constexpr Held held[] = {
    {"run", add_run},       {"plan", add_plan},     {"supernet", add_supernet}, {"collect", add_collect}, {"train", add_train},
    {"search", add_search}, {"report", add_report}, {"eval", add_eval},         {"import", add_import},
};

}  // namespace

int main(int argc, char** argv) {
  apq::keep_freed_memory();
  return apq::mpi::run_main(argc, argv,
                            [](apq::mpi::Communicator const& world, int c, char** v) { return run_command(world, c, v, held); });
}
