# The instruction sets that the kernels are compiled for: name and compiler flags, most basic first.
# cpp/src/kernels/isa/<name>.cpp is the source of each; cpp/src/cpu/ chooses among them at run time.
if(GAUSSMIX_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
  set(GAUSSMIX_INSTRUCTION_SETS baseline avx2 avx512)
  set(GAUSSMIX_FLAGS_baseline "")
  gaussmix_flags(GAUSSMIX_FLAGS_avx2 -mavx2 -mfma)
  gaussmix_flags(GAUSSMIX_FLAGS_avx512
    -mavx512f -mavx512dq -mavx512vl -mfma -mprefer-vector-width=512)
elseif(GAUSSMIX_PROCESSOR MATCHES "^(aarch64|arm64|ARM64)$")
  set(GAUSSMIX_INSTRUCTION_SETS neon)
  set(GAUSSMIX_FLAGS_neon "")
else()
  set(GAUSSMIX_INSTRUCTION_SETS baseline)
  set(GAUSSMIX_FLAGS_baseline "")
endif()
if(GAUSSMIX_ONLY)
  set(GAUSSMIX_INSTRUCTION_SETS ${GAUSSMIX_ONLY})
endif()
