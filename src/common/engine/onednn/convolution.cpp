#include "common/engine/onednn/convolution.hpp"

#include <cmath>
#include <cstring>
#include <string>
#include <unordered_map>

#include <fmt/format.h>
#include <oneapi/dnnl/dnnl.hpp>

#include "common/core/error.hpp"
#include "common/engine/onednn/activation.hpp"

namespace apq::engine::onednn {
namespace {

using Format = dnnl::memory::format_tag;
using Type = dnnl::memory::data_type;

dnnl::engine const& processor() {
  static dnnl::engine const cpu(dnnl::engine::kind::cpu, 0);
  return cpu;
}
dnnl::stream& stream() {
  static thread_local dnnl::stream in_order(processor());
  return in_order;
}

Type type_of(Number number) {
  switch (number) {
    case Number::f32:
      return Type::f32;
    case Number::s8:
      return Type::s8;
    case Number::u8:
      return Type::u8;
  }
  return Type::undef;
}

dnnl::memory::desc map_of(std::int64_t batch, std::int64_t channels, std::int64_t size, Number number) {
  return {{batch, channels, size, size}, type_of(number), Format::nhwc};
}

dnnl::memory::desc weights_of(ConvolutionShape const& s, Type type, bool is_plain) {
  if (s.groups > 1)
    return {
        {s.groups, s.out_channels / s.groups, s.in_channels / s.groups, s.kernel, s.kernel}, type, is_plain ? Format::goihw : Format::any};
  auto packed = Format::any;
#if DNNL_VERSION_MAJOR >= 3
  // 3.7 loses weights when it packs them into blocks that the output channels do not fill (mended later); unpacked ones are as fast.
  if (type == Type::f32 && s.kernel == 1) packed = Format::hwio;
#endif
  return {{s.out_channels, s.in_channels, s.kernel, s.kernel}, type, is_plain ? Format::oihw : packed};
}

#if DNNL_VERSION_MAJOR >= 3
constexpr bool scales_are_compiled_in = false;
#else
constexpr bool scales_are_compiled_in = true;  // version 2 has them per channel at run time for reorders alone
#endif

dnnl::convolution_forward::primitive_desc describe(ConvolutionShape const& s, Number source, Number destination, Epilogue const& epilogue) {
  bool const has_scales = !epilogue.scales.empty();
  auto const src = map_of(s.batch, s.in_channels, s.in_size, source);
  auto const dst = map_of(s.batch, s.out_channels, s.out_size(), destination);
  auto const weights = weights_of(s, source == Number::f32 ? Type::f32 : Type::s8, false);
  dnnl::memory::desc const bias = has_scales ? dnnl::memory::desc({s.out_channels}, Type::f32, Format::x) : dnnl::memory::desc();
  dnnl::memory::dims const strides{s.stride, s.stride}, padding{s.kernel / 2, s.kernel / 2};
  dnnl::primitive_attr attributes;
  dnnl::post_ops after;
  if (epilogue.adds_to_destination) after.append_sum(1.0F);
  if (epilogue.curve) append(after, *epilogue.curve, epilogue.unit);
  bool const is_clipped = epilogue.lowest.has_value();
#if DNNL_VERSION_MAJOR >= 3
  if (is_clipped) after.append_eltwise(dnnl::algorithm::eltwise_clip, *epilogue.lowest, *epilogue.highest);
  if (has_scales && source != Number::f32) attributes.set_scales_mask(DNNL_ARG_WEIGHTS, s.groups > 1 ? 3 : 1);
  attributes.set_post_ops(after);
  return {processor(),
          dnnl::prop_kind::forward_inference,
          dnnl::algorithm::convolution_direct,
          src,
          weights,
          bias,
          dst,
          strides,
          padding,
          padding,
          attributes};
#else
  if (is_clipped) after.append_eltwise(1.0F, dnnl::algorithm::eltwise_clip, *epilogue.lowest, *epilogue.highest);
  if (has_scales && source != Number::f32) attributes.set_output_scales(1 << 1, epilogue.scales);
  attributes.set_post_ops(after);
  auto const prop = dnnl::prop_kind::forward_inference;
  auto const direct = dnnl::algorithm::convolution_direct;
  auto const description = has_scales ? dnnl::convolution_forward::desc(prop, direct, src, weights, bias, dst, strides, padding, padding)
                                      : dnnl::convolution_forward::desc(prop, direct, src, weights, dst, strides, padding, padding);
  return {description, attributes, processor()};
#endif
}

dnnl::memory filled(dnnl::memory::desc const& description, void const* values) {
  dnnl::memory memory(description, processor());
  std::memcpy(memory.get_data_handle(), values, description.get_size());
  return memory;
}

// A scale of zero would put an infinity into a shift that is divided by it; without weights any scale does.
template <class T>
void drop_dead_channels(std::vector<T>& weights, Epilogue& epilogue) {
  if (epilogue.scales.empty()) return;
  auto const per_channel = weights.size() / epilogue.scales.size();
  for (std::size_t c = 0; c < epilogue.scales.size(); ++c) {
    if (std::isnormal(epilogue.scales[c])) continue;
    epilogue.scales[c] = 1;
    std::fill_n(weights.begin() + static_cast<std::ptrdiff_t>(c * per_channel), per_channel, T{});
  }
}

}  // namespace

std::size_t bytes_of(Number number) { return number == Number::f32 ? sizeof(float) : 1; }

struct Convolution::State {
  ConvolutionShape shape;
  Number source, destination;
  dnnl::convolution_forward primitive;
  std::unordered_map<int, dnnl::memory> arguments;

  template <class T>
  State(ConvolutionShape const& s, Number from, Number to, std::span<T const> given_weights, Epilogue epilogue)
      : shape(s), source(from), destination(to) {
    std::vector<T> weights(given_weights.begin(), given_weights.end());
    drop_dead_channels(weights, epilogue);
    if constexpr (std::is_same_v<T, float>) fold_scales(weights, epilogue);
    auto const description = describe(s, from, to, epilogue);
    primitive = dnnl::convolution_forward(description);
    auto const type = std::is_same_v<T, float> ? Type::f32 : Type::s8;
    auto plain = filled(weights_of(s, type, true), weights.data());
    dnnl::memory packed(description.weights_desc(), processor());
    dnnl::reorder(plain, packed).execute(stream(), plain, packed);
    arguments = {{DNNL_ARG_SRC, dnnl::memory(description.src_desc(), processor(), DNNL_MEMORY_NONE)},
                 {DNNL_ARG_DST, dnnl::memory(description.dst_desc(), processor(), DNNL_MEMORY_NONE)},
                 {DNNL_ARG_WEIGHTS, packed}};
    if (!epilogue.scales.empty()) {
      std::vector<float> shifts = epilogue.shifts;
      if (scales_are_compiled_in && from != Number::f32)  // version 2 scales sum and shift together
        for (std::size_t c = 0; c < shifts.size(); ++c) shifts[c] /= epilogue.scales[c];
      arguments.emplace(DNNL_ARG_BIAS, filled(description.bias_desc(), shifts.data()));
#if DNNL_VERSION_MAJOR >= 3
      if (from != Number::f32)
        arguments.emplace(DNNL_ARG_ATTR_SCALES | DNNL_ARG_WEIGHTS,
                          filled({{s.out_channels}, Type::f32, Format::x}, epilogue.scales.data()));
#endif
    }
    stream().wait();
  }

  static void fold_scales(std::vector<float>& weights, Epilogue const& epilogue) {
    if (epilogue.scales.empty()) return;
    auto const per_channel = weights.size() / epilogue.scales.size();
    for (std::size_t i = 0; i < weights.size(); ++i) weights[i] *= epilogue.scales[i / per_channel];
  }
};

template <class T>
std::unique_ptr<Convolution::State> Convolution::make_state(ConvolutionShape const& s, Number source, Number destination,
                                                            std::span<T const> weights, Epilogue const& epilogue) try {
  return std::make_unique<State>(s, source, destination, weights, epilogue);
} catch (dnnl::error const& error) {
  constexpr char const* names[] = {"f32", "s8", "u8"};
  throw Error(Errc::numeric,
              fmt::format("{}: {} (convolution {} -> {}, {} -> {} channels in {} groups, kernel {}, stride {}, map {}, batch {})",
                          library_name(), error.what(), names[static_cast<int>(source)], names[static_cast<int>(destination)],
                          s.in_channels, s.out_channels, s.groups, s.kernel, s.stride, s.in_size, s.batch));
}

Convolution::Convolution(ConvolutionShape const& shape, Number source, Number destination, std::span<float const> weights,
                         Epilogue const& epilogue)
    : state_(make_state(shape, source, destination, weights, epilogue)) {}
Convolution::Convolution(ConvolutionShape const& shape, Number source, Number destination, std::span<std::int8_t const> weights,
                         Epilogue const& epilogue)
    : state_(make_state(shape, source, destination, weights, epilogue)) {}
Convolution::Convolution(Convolution&&) noexcept = default;
Convolution& Convolution::operator=(Convolution&&) noexcept = default;
Convolution::~Convolution() = default;

void Convolution::run(void const* source, void* destination) const {
  // The library writes to the destination alone; its handles just are not const.
  state_->arguments.at(DNNL_ARG_SRC).set_data_handle(const_cast<void*>(source));
  state_->arguments.at(DNNL_ARG_DST).set_data_handle(destination);
  state_->primitive.execute(stream(), state_->arguments);
}

ConvolutionShape const& Convolution::shape() const { return state_->shape; }
Number Convolution::source() const { return state_->source; }
Number Convolution::destination() const { return state_->destination; }

std::string library_name() {
  auto const* const v = dnnl::version();
  return fmt::format("oneDNN {}.{}.{}", v->major, v->minor, v->patch);
}

}  // namespace apq::engine::onednn
