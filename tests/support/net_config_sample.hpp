#pragma once

#include <string>

namespace apq::test {

/// A small net config of the ProxylessNAS family: 3x22x22, stem 8 at stride 2 (11x11), a stage of three blocks of which
/// one was skipped, a block without the shortcut that its shapes allow, no feature mix. Ends at 6x6.
inline std::string net_config_sample() {
  return R"({
  "name": "ProxylessNASNets", "bn": {"momentum": 0.1, "eps": 1e-05, "ws_eps": null}, "resolution": 22,
  "first_conv": {"name": "ConvLayer", "kernel_size": 3, "stride": 2, "dilation": 1, "groups": 1, "bias": false, "has_shuffle": false,
                 "in_channels": 3, "out_channels": 8, "use_bn": true, "act_func": "relu6"},
  "blocks": [
    {"name": "MobileInvertedResidualBlock", "shortcut": null, "mobile_inverted_conv": {"name": "MBInvertedConvLayer", "in_channels": 8,
     "out_channels": 8, "kernel_size": 3, "stride": 1, "expand_ratio": 1, "mid_channels": null, "act_func": "relu6", "use_se": false}},
    {"name": "MobileInvertedResidualBlock", "shortcut": null, "mobile_inverted_conv": {"name": "MBInvertedConvLayer", "in_channels": 8,
     "out_channels": 16, "kernel_size": 7, "stride": 2, "expand_ratio": 4, "mid_channels": 32, "act_func": "relu6", "use_se": false}},
    {"name": "MobileInvertedResidualBlock", "shortcut": {"name": "IdentityLayer", "in_channels": [16]}, "mobile_inverted_conv":
     {"name": "MBInvertedConvLayer", "in_channels": 16, "out_channels": 16, "kernel_size": 5, "stride": 1, "expand_ratio": 3,
      "mid_channels": null, "act_func": "relu6", "use_se": false}},
    {"name": "MobileInvertedResidualBlock", "shortcut": {"name": "IdentityLayer", "in_channels": 16},
     "mobile_inverted_conv": {"name": "ZeroLayer", "stride": 1}},
    {"name": "MobileInvertedResidualBlock", "shortcut": {"name": "IdentityLayer", "in_channels": 16}, "mobile_inverted_conv":
     {"name": "MBInvertedConvLayer", "in_channels": 16, "out_channels": 16, "kernel_size": 3, "stride": 1, "expand_ratio": 6,
      "mid_channels": 40, "act_func": "relu6", "use_se": false}},
    {"name": "MobileInvertedResidualBlock", "shortcut": null, "mobile_inverted_conv": {"name": "MBInvertedConvLayer", "in_channels": 16,
     "out_channels": 24, "kernel_size": 3, "stride": 1, "expand_ratio": 3, "mid_channels": 48, "act_func": "relu6", "use_se": false}},
    {"name": "MobileInvertedResidualBlock", "shortcut": null, "mobile_inverted_conv": {"name": "MBInvertedConvLayer", "in_channels": 24,
     "out_channels": 24, "kernel_size": 3, "stride": 1, "expand_ratio": 2, "mid_channels": 48, "act_func": "relu6", "use_se": false}}],
  "feature_mix_layer": null,
  "classifier": {"name": "LinearLayer", "in_features": 24, "out_features": 10, "bias": true, "use_bn": false, "act_func": null}
})";
}

}  // namespace apq::test
