#!/usr/bin/env oslua
-- Lab 1-4: join 10.8.0.0/24 to the public network through a router.
-- 실습 1-4: 10.8.0.0/24 네트워크를 라우터로 public 네트워크에 연결합니다.
return require "labs.lab1-4"
