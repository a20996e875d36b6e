" Vim syntax file
" Language: MIL text of Core ML and Espresso; see docs/Language.md
" Part of the Espresso project, under the Apache License v2.0 with LLVM
" Exceptions.

if exists("b:current_syntax")
  finish
endif

" '@' stands in names, '.' in names of operations.
setlocal iskeyword=@,48-57,_,@-@
setlocal commentstring=//\ %s

syntax keyword milKeyword program func blocks
syntax keyword milConstant true false inf nan
syntax keyword milContainer tensor list tuple dict state tensor_buffer
syntax keyword milScalar bool string fp16 fp32 fp64 bf16 fp8e4m3fn fp8e5m2
syntax keyword milScalar int4 int8 int16 int32 int64
syntax keyword milScalar uint1 uint2 uint3 uint4 uint6 uint8 uint16 uint32 uint64
syntax keyword milOpset ios15 ios16 ios17 ios18 model host
syntax keyword milOpset CoreML5 CoreML6 CoreML7 CoreML8
syntax keyword milBlob BLOBFILE

" The name before the parenthesis, behind '=' or at the start of a statement.
syntax match milOperation /\(=\s*\)\@<=[A-Za-z_][A-Za-z0-9_@.]*\ze\s*\(<[A-Za-z0-9_]*>\)\?(/ contains=milScalar,milContainer,milBlob,milComposite
syntax match milComposite /\<espresso\.[a-z_]\+/
syntax match milFunction /\(\<func\s\+\)\@<=[A-Za-z_][A-Za-z0-9_@]*/
syntax match milArgument /\<[A-Za-z_][A-Za-z0-9_@]*\ze\s*=[^=]/

syntax match milNumber /-\?\<[0-9]\+\>/
syntax match milNumber /-\?\<[0-9]\+\(\.[0-9]*\)\?[eE][+-]\?[0-9]\+\>/
syntax match milNumber /-\?\<[0-9]\+\.[0-9]*/
syntax match milNumber /-\?\<0x\x\+\(\.\x*\)\?p[+-]\?[0-9]\+\>/
syntax match milExtent /?/
syntax match milArrow /->/
syntax region milString start=/"/ skip=/\\./ end=/"/ oneline contains=milEscape
syntax match milEscape /\\["\\ntr]/ contained
syntax match milComment /\/\/.*$/ contains=milTodo,@Spell
syntax keyword milTodo TODO FIXME contained

highlight default link milKeyword Keyword
highlight default link milConstant Constant
highlight default link milContainer Type
highlight default link milScalar Type
highlight default link milOpset StorageClass
highlight default link milBlob Special
highlight default link milOperation Function
highlight default link milComposite Macro
highlight default link milFunction Function
highlight default link milArgument Identifier
highlight default link milNumber Number
highlight default link milExtent Special
highlight default link milArrow Operator
highlight default link milString String
highlight default link milEscape SpecialChar
highlight default link milComment Comment
highlight default link milTodo Todo

let b:current_syntax = "mil"
