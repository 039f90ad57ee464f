#pragma once

#include <gtest/gtest.h>

namespace apq::test {

/// What ctest counts as skipped.
inline constexpr int skipped_status = 77;

/// After a run: were there tests, and could none of them run here (each says why)?
inline bool all_skipped() {
  auto const& tests = *testing::UnitTest::GetInstance();
  return tests.skipped_test_count() > 0 && tests.skipped_test_count() == tests.test_to_run_count();
}

}  // namespace apq::test
