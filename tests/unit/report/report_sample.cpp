#include <cstdio>

#include "report/report.hpp"
#include "unit/report/synthetic_study.hpp"

int main(int argc, char** argv) {
  if (argc != 3) return std::fprintf(stderr, "usage: report_sample SPACE.yaml DIR\n"), 2;
  auto const space = apq::space::load_space(argv[1]);
  apq::cost::CostModel const cost_model(space, {});
  apq::StudyLayout const layout{argv[2]};
  apq::test::write_synthetic_study(layout, space, cost_model);
  apq::report::write_report(layout, {"sample", 1, {}}, space, cost_model, {});
  return 0;
}
