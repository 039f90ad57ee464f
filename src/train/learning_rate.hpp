#pragma once

namespace apq::train {

/// Cosine from `peak` to zero (Loshchilov & Hutter, ICLR 2017, without restarts). `passed` of `total` in any unit.
double cosine_rate(double peak, double passed, double total);

/// Linear from zero to `peak` within the first `warmup`, then the cosine. `done` in [0, 1) is the share of a phase that has passed,
/// `warmup` in [0, 1) another.
double warmed_up_cosine_rate(double peak, double warmup, double done);

}  // namespace apq::train
