// Compiled by a test, which expects that each of these is refused: REFUSED is 0 (nothing), 1, 2, ...
#include "common/core/meaning.hpp"

namespace {
constexpr apq::Meaning good("A meaning", "units");
#if REFUSED == 1
constexpr apq::Meaning empty("");
#elif REFUSED == 2
constexpr apq::Meaning lower("a meaning");
#elif REFUSED == 3
constexpr apq::Meaning stop("A meaning.");
#elif REFUSED == 4
constexpr apq::Meaning lines("A\nmeaning");
#elif REFUSED == 5
constexpr apq::Meaning cell("A meaning", "a|b");
#endif
}  // namespace

int main() { return good.text().empty(); }
