#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace apq::checkpoint {

/// What the elements of a tensor are; the names are those of PyTorch.
enum class ElementType { float64, float32, float16, bfloat16, int64, int32, int16, int8, uint8, boolean };

struct ElementTypeRow {
  ElementType type;
  std::string_view name;         ///< for people
  std::string_view storage;      ///< the class that torch.save names
  std::string_view safetensors;  ///< its dtype there
  std::int64_t size;             ///< bytes of an element
};

/// In the order of ElementType.
inline constexpr std::array element_types{ElementTypeRow{ElementType::float64, "float64", "DoubleStorage", "F64", 8},
                                          ElementTypeRow{ElementType::float32, "float32", "FloatStorage", "F32", 4},
                                          ElementTypeRow{ElementType::float16, "float16", "HalfStorage", "F16", 2},
                                          ElementTypeRow{ElementType::bfloat16, "bfloat16", "BFloat16Storage", "BF16", 2},
                                          ElementTypeRow{ElementType::int64, "int64", "LongStorage", "I64", 8},
                                          ElementTypeRow{ElementType::int32, "int32", "IntStorage", "I32", 4},
                                          ElementTypeRow{ElementType::int16, "int16", "ShortStorage", "I16", 2},
                                          ElementTypeRow{ElementType::int8, "int8", "CharStorage", "I8", 1},
                                          ElementTypeRow{ElementType::uint8, "uint8", "ByteStorage", "U8", 1},
                                          ElementTypeRow{ElementType::boolean, "bool", "BoolStorage", "BOOL", 1}};

constexpr ElementTypeRow const& row_of(ElementType type) { return element_types[static_cast<std::size_t>(type)]; }

}  // namespace apq::checkpoint
