// main of every test that is one process.
#include "support/all_skipped.hpp"

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  int const result = RUN_ALL_TESTS();
  return apq::test::all_skipped() ? apq::test::skipped_status : result;
}
