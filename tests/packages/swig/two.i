%module two
%include "common.i"
